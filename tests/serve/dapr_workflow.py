"""A program of Dapr Workflow: workflows, activities and a client.

    dapr_workflow.py scenarios ADDRESS [NAME...]  runs scenarios; a line of JSON for each
    dapr_workflow.py worker ADDRESS               runs workflows and activities until it is killed
    dapr_workflow.py start ADDRESS ID WORKFLOW INPUT
    dapr_workflow.py raise ADDRESS ID EVENT DATA
    dapr_workflow.py until ADDRESS ID STATUS      waits for its custom status, or one after it
    dapr_workflow.py await ADDRESS ID             prints how an instance ended
"""

import json
import logging
import os
import sys
import threading
import time
from datetime import timedelta, timezone

from dapr.ext.workflow import (
    DaprWorkflowClient,
    RetryPolicy,
    WorkflowRuntime,
    when_all,
    when_any,
)

PATIENCE = 300
lock = threading.Lock()
tries = {}
calls = {}


def wait_until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


# Activities


def plus_one(_, number):
    return number + 1


def echo(_, data):
    return data


def slow_echo(_, data):
    time.sleep(0.05)
    return data


def mends_later(_, begun):
    """Fails until two seconds have passed, whichever process tries it."""
    if time.time() < begun + 2:
        raise ValueError("not yet")
    return "mended"


def fails(_, words):
    raise ValueError(words)


def fails_twice(_, key):
    with lock:
        tries[key] = tries.get(key, 0) + 1
        count = tries[key]
    if count < 3:
        raise OSError(f"try {count}")
    return f"try {count} worked"


def knows_its_workflow(ctx, _):
    return ctx.workflow_id


def counts(_, key):
    with lock:
        calls[key] = calls.get(key, 0) + 1
        return calls[key]


# Workflows


def chain(ctx, count):
    number = 0
    for _ in range(count):
        number = yield ctx.call_activity(plus_one, input=number)
    return number


def fan_out(ctx, count):
    tasks = [ctx.call_activity(plus_one, input=number) for number in range(count)]
    return sum((yield when_all(tasks)))


def slow_fan_out(ctx, count):
    tasks = [ctx.call_activity(slow_echo, input=number) for number in range(count)]
    return (yield when_all(tasks))


def sleeps(ctx, _):
    yield ctx.create_timer(timedelta(seconds=2))
    return "awake"


def rolls_on(ctx, rounds):
    yield ctx.create_timer(timedelta(milliseconds=100))
    if rounds == 0:
        return "rolled"
    ctx.continue_as_new(rounds - 1)


def all_kinds(ctx, count):
    """Activities, timers and children one after the other, beside others that take long."""
    policy = RetryPolicy(first_retry_interval=timedelta(milliseconds=20), max_number_of_attempts=5)
    patient = RetryPolicy(first_retry_interval=timedelta(milliseconds=300), max_number_of_attempts=1000)
    begun = ctx.current_utc_datetime.replace(tzinfo=timezone.utc).timestamp()
    beside = [
        ctx.call_child_workflow(sleeps),
        ctx.call_child_workflow(rolls_on, input=20),
        ctx.call_activity(mends_later, input=begun, retry_policy=patient),
    ]
    done = []
    for step in range(count):
        ctx.set_custom_status(str(step))
        done.append((yield ctx.call_activity(slow_echo, input=step, retry_policy=policy)))
        yield ctx.create_timer(timedelta(milliseconds=20))
        done.append((yield ctx.call_child_workflow(slow_fan_out, input=3)))
    done.append((yield ctx.wait_for_external_event("end")))
    done.append((yield when_all(beside)))
    return done


def timers(ctx, _):
    slow = ctx.create_timer(timedelta(seconds=60))
    fast = ctx.create_timer(timedelta(milliseconds=200))
    first = yield when_any([slow, fast])
    return first == fast


def two_events(ctx, _):
    first = yield ctx.wait_for_external_event("first")
    again = yield ctx.wait_for_external_event("first")
    second = yield ctx.wait_for_external_event("second")
    return [first, again, second]


def event_with_limit(ctx, _):
    try:
        yield ctx.wait_for_external_event("never", timeout=timedelta(milliseconds=100))
    except TimeoutError:
        return "too late"


def nested(ctx, depth):
    if depth == 0:
        return [ctx.instance_id]
    child = f"{ctx.instance_id}-{depth}"
    inner = yield ctx.call_child_workflow(nested, input=depth - 1, instance_id=child)
    return [ctx.instance_id] + inner


def children(ctx, count):
    tasks = [ctx.call_child_workflow(chain, input=number) for number in range(count)]
    return (yield when_all(tasks))


def fails_itself(ctx, words):
    raise RuntimeError(words)


def catches(ctx, _):
    caught = []
    for call in (
        lambda: ctx.call_activity(fails, input="größe"),
        lambda: ctx.call_child_workflow(fails_itself, input="a child"),
    ):
        try:
            yield call()
        except Exception as error:
            details = error.details
            caught.append([details.error_type, details.message])
    return caught


def retries(ctx, _):
    policy = RetryPolicy(
        first_retry_interval=timedelta(milliseconds=50),
        max_number_of_attempts=3,
        backoff_coefficient=2,
    )
    return (yield ctx.call_activity(fails_twice, input=ctx.instance_id, retry_policy=policy))


def collects(ctx, collected):
    event = yield ctx.wait_for_external_event("item")
    collected = collected + [event]
    if len(collected) == 4:
        return collected
    ctx.continue_as_new(collected, save_events=True)


def tells_status(ctx, _):
    ctx.set_custom_status("step 1 ✓ (no JSON)")
    yield ctx.wait_for_external_event("on")
    ctx.set_custom_status("")
    return "told"


def waits(ctx, _):
    return (yield ctx.wait_for_external_event("go"))


def waits_for_child(ctx, child):
    return (yield ctx.call_child_workflow(waits, instance_id=child))


def passes_on(ctx, data):
    return (yield ctx.call_activity(echo, input=data))


def knows_itself(ctx, _):
    return [(yield ctx.call_activity(knows_its_workflow)), ctx.instance_id]


def counts_calls(ctx, key):
    first = yield ctx.call_activity(counts, input=f"{key}-1")
    second = yield ctx.call_activity(counts, input=f"{key}-2")
    third = yield ctx.call_activity(counts, input=f"{key}-3")
    return [first, second, third]


def adds(ctx, _):
    first = yield ctx.call_activity(plus_one, input=1)
    pair = yield when_all([ctx.call_activity(plus_one, input=number) for number in (first, 10)])
    last = yield ctx.call_activity(plus_one, input=sum(pair))
    return [pair, last]


def patched(ctx, _):
    """A worker with the variable PATCHED has newer code."""
    before = os.environ.get("PATCHED") and ctx.is_patched("before")
    yield ctx.wait_for_external_event("on")
    after = os.environ.get("PATCHED") and ctx.is_patched("after")
    yield ctx.wait_for_external_event("on")
    return [bool(before), bool(after)]


def first_version(ctx, _):
    yield ctx.wait_for_external_event("go")
    return "first"


def second_version(ctx, _):
    yield ctx.create_timer(timedelta(milliseconds=10))
    return "second"


VERSIONS = {"1": first_version, "2": second_version}

ACTIVITIES = [
    plus_one, echo, slow_echo, mends_later, fails, fails_twice, knows_its_workflow, counts,
]
WORKFLOWS = [
    chain, fan_out, slow_fan_out, sleeps, rolls_on, all_kinds, timers, two_events, event_with_limit, nested, children,
    fails_itself, catches, retries, collects, tells_status, waits, waits_for_child, passes_on,
    knows_itself, counts_calls, adds, patched,
]
BY_NAME = {workflow.__name__: workflow for workflow in WORKFLOWS} | {"versioned": "versioned"}


# Scenarios


class Client(DaprWorkflowClient):
    def run(self, workflow, data=None, **options):
        return self.end(self.begin(workflow, data, **options))

    def begin(self, workflow, data=None, **options):
        return self.schedule_new_workflow(workflow, input=data, **options)

    def end(self, instance):
        return outcome(self.wait_for_workflow_completion(instance, timeout_in_seconds=PATIENCE))

    def status(self, instance):
        state = self.get_workflow_state(instance)
        return state and state.runtime_status.name

    def until(self, instance, status):
        wait_until(lambda: self.status(instance) == status)


def outcome(state):
    result = {"status": state.runtime_status.name, "output": state.serialized_output}
    if state.serialized_custom_status:
        result["custom_status"] = state.serialized_custom_status
    if state.failure_details:
        details = state.failure_details
        result["failure"] = [details.error_type, details.message.replace(state.instance_id, "ID")]
    return result


def events_early(client):
    instance = client.begin(two_events)
    for name, data in [("second", None), ("first", {"n": 1.0}), ("first", [1, "zwei"])]:
        client.raise_workflow_event(instance, name, data=data)
    return client.end(instance)


def carried_over(client):
    instance = client.begin(collects, [])
    for number in range(1, 5):
        client.raise_workflow_event(instance, "item", data=number)
    return client.end(instance)


def custom_status(client):
    instance = client.begin(tells_status)
    wait_until(lambda: client.get_workflow_state(instance).serialized_custom_status)
    told = client.get_workflow_state(instance).serialized_custom_status
    client.raise_workflow_event(instance, "on")
    return [told, client.end(instance)]


def paused(client):
    instance = client.begin(waits)
    client.until(instance, "RUNNING")
    client.pause_workflow(instance)
    client.until(instance, "SUSPENDED")
    client.raise_workflow_event(instance, "go", data="kept")
    time.sleep(0.3)
    held = client.status(instance)
    client.resume_workflow(instance)
    return [held, client.end(instance)]


def terminated(client):
    instance = client.begin(waits_for_child, "ended-child", instance_id="ended")
    client.until("ended-child", "RUNNING")
    client.terminate_workflow(instance, output={"why": "enough"})
    return [client.end(instance), client.end("ended-child")["status"]]


def purged(client):
    instance = client.begin(passes_on, "short")
    client.end(instance)
    client.purge_workflow(instance)
    return client.get_workflow_state(instance)


def rerun(client):
    first = client.begin(counts_calls, "rerun")
    before = client.end(first)
    scheduled = [event for event in client.get_workflow_history(first) if event.is_rerunnable]
    again = client.rerun_workflow_from_event(first, scheduled[1].event_id)
    return [before["output"], len(scheduled), client.end(again)["output"], client.end(first)["output"]]


def rerun_other_input(client):
    first = client.begin(adds, "rerun with another input")
    before = client.end(first)
    scheduled = [event for event in client.get_workflow_history(first) if event.is_rerunnable]
    again = client.rerun_workflow_from_event(first, scheduled[1].event_id, input=100)
    anew = client.rerun_workflow_from_event(first, scheduled[3].event_id, input=1000)
    return [before["output"], client.end(again)["output"], client.end(anew)["output"]]


def listed(client):
    for number in range(5):
        client.run(passes_on, number, instance_id=f"listed-{number}")
    every = client.iter_workflow_instance_ids(page_size=2)
    return sorted(one for one in every if one.startswith("listed-"))


def unknown(client):
    refused = []
    for ask in (client.pause_workflow, client.resume_workflow, client.get_workflow_history):
        try:
            ask("nobody")
        except Exception as error:
            refused.append(error.code().name)
    return [refused, client.get_workflow_state("nobody")]


def unicode(client):
    return client.run(passes_on, {"größe": ["♫", "𝄞", "\u0000", "\"", "日本"]}, instance_id="größe-♫")


def large(client):
    state = client.run(passes_on, "x" * (1 << 20))
    state["output"] = len(state["output"])
    return state


SCENARIOS = {
    "chain": lambda client: client.run(chain, 20),
    "fan_out": lambda client: client.run(fan_out, 1000),
    "timers": lambda client: client.run(timers),
    "events_early": events_early,
    "event_with_limit": lambda client: client.run(event_with_limit),
    "nested": lambda client: client.run(nested, 3, instance_id="deep"),
    "children": lambda client: client.run(children, 6),
    "catches": lambda client: client.run(catches),
    "fails_itself": lambda client: client.run(fails_itself, "words"),
    "retries": lambda client: client.run(retries),
    "carried_over": carried_over,
    "custom_status": custom_status,
    "paused": paused,
    "terminated": terminated,
    "purged": purged,
    "rerun": rerun,
    "rerun_other_input": rerun_other_input,
    "listed": listed,
    "unknown": unknown,
    "unicode": unicode,
    "large": large,
    "knows_itself": lambda client: client.run(knows_itself, instance_id="itself"),
    "long": lambda client: client.run(chain, 500),
}


def quiet():
    logging.disable(logging.CRITICAL)


def worker(address):
    host, port = address.rsplit(":", 1)
    served = WorkflowRuntime(host=host, port=port)
    for activity in ACTIVITIES:
        served.register_activity(activity)
    for workflow in WORKFLOWS:
        served.register_workflow(workflow)
    # The variable VERSIONS names those that the worker has, the latest one last.
    versions = os.environ.get("VERSIONS", "1").split(",")
    for version in versions:
        served.register_versioned_workflow(
            VERSIONS[version],
            name="versioned",
            version_name=version,
            is_latest=version == versions[-1],
        )
    return served


def client_at(address):
    host, port = address.rsplit(":", 1)
    return Client(host=host, port=port)


def run_scenarios(address, scenarios):
    served = worker(address)
    served.start()
    client = client_at(address)
    for name, scenario in scenarios.items():
        begun = time.monotonic()
        try:
            result = scenario(client)
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
        print(json.dumps({"scenario": name, "result": result}), flush=True)
        print(f"{name}: {time.monotonic() - begun:.2f} s", file=sys.stderr)
    served.shutdown()


def main():
    what, address, *rest = sys.argv[1:]
    quiet()
    if what == "scenarios":
        run_scenarios(address, {name: SCENARIOS[name] for name in rest or SCENARIOS})
    elif what == "worker":
        worker(address).start()
        print("works", flush=True)
        threading.Event().wait()
    else:
        client = client_at(address)
        if what == "start":
            instance, workflow, data = rest
            print(client.begin(BY_NAME[workflow], json.loads(data), instance_id=instance))
        elif what == "await":
            print(json.dumps(client.end(rest[0])))
        elif what == "until":
            instance, step = rest

            def far_enough():
                status = client.get_workflow_state(instance).serialized_custom_status
                return int((status or "0").strip('"')) >= int(step)

            wait_until(far_enough)
        elif what == "raise":
            instance, event, data = rest
            client.raise_workflow_event(instance, event, data=json.loads(data))


main()
