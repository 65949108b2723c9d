"""A program of the Durable Task Framework: workflows, activities and a client.

    durable_task.py scenarios ADDRESS [NAME...]  runs scenarios; a line of JSON for each
    durable_task.py oracle PORT [NAME...]        the same, on the library's own backend in memory
    durable_task.py worker ADDRESS               runs workflows and activities until it is killed
    durable_task.py start ADDRESS ID WORKFLOW INPUT
    durable_task.py await ADDRESS ID             prints how an instance ended
    durable_task.py until ADDRESS ID STATUS      waits for its custom status, or one after it
    durable_task.py status ADDRESS ID            prints the status of an instance
    durable_task.py raise ADDRESS ID EVENT DATA
"""

import json
import logging
import os
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

from durabletask import task
from durabletask.client import OrchestrationQuery, OrchestrationStatus, TaskHubGrpcClient
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy
from durabletask.grpc_options import GrpcChannelOptions
from durabletask.worker import TaskHubGrpcWorker

PATIENCE = 300
lock = threading.Lock()
tries = {}


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
    try:
        raise KeyError("the cause")
    except KeyError as cause:
        raise ValueError(words) from cause


def fails_twice(_, key):
    with lock:
        tries[key] = tries.get(key, 0) + 1
        count = tries[key]
    if count < 3:
        raise OSError(f"try {count}")
    return f"try {count} worked"


def fails_until_mended(_, key):
    if key not in tries:
        raise RuntimeError("not mended")
    return "mended"


# Workflows


def chain(ctx, count):
    number = 0
    for _ in range(count):
        number = yield ctx.call_activity(plus_one, input=number)
    return number


def slow_chain(ctx, count):
    steps = []
    for step in range(count):
        ctx.set_custom_status(step)
        steps.append((yield ctx.call_activity(slow_echo, input=step)))
    return steps


def changing(ctx, _):
    """Its code is another one in a worker with the variable CHANGED."""
    if os.environ.get("CHANGED"):
        yield ctx.create_timer(timedelta(milliseconds=10))
    else:
        yield ctx.call_activity(echo, input="before")
    return (yield ctx.wait_for_external_event("go"))


def slow_fan_out(ctx, count):
    tasks = [ctx.call_activity(slow_echo, input=number) for number in range(count)]
    return (yield task.when_all(tasks))


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
    policy = task.RetryPolicy(first_retry_interval=timedelta(milliseconds=20), max_number_of_attempts=5)
    patient = task.RetryPolicy(first_retry_interval=timedelta(milliseconds=300), max_number_of_attempts=1000)
    begun = ctx.current_utc_datetime.replace(tzinfo=timezone.utc).timestamp()
    beside = [
        ctx.call_sub_orchestrator(sleeps),
        ctx.call_sub_orchestrator(rolls_on, input=20),
        ctx.call_activity(mends_later, input=begun, retry_policy=patient),
    ]
    done = []
    for step in range(count):
        ctx.set_custom_status(step)
        done.append((yield ctx.call_activity(slow_echo, input=step, retry_policy=policy)))
        yield ctx.create_timer(timedelta(milliseconds=20))
        done.append((yield ctx.call_sub_orchestrator(slow_fan_out, input=3)))
    done.append((yield ctx.wait_for_external_event("end")))
    done.append((yield task.when_all(beside)))
    return done


def fan_out(ctx, count):
    tasks = [ctx.call_activity(plus_one, input=number) for number in range(count)]
    return sum((yield task.when_all(tasks)))


def timers(ctx, _):
    before = ctx.current_utc_datetime
    slow = ctx.create_timer(timedelta(seconds=60))
    fast = ctx.create_timer(timedelta(milliseconds=200))
    first = yield task.when_any([slow, fast])
    passed = ctx.current_utc_datetime - before
    return [first == fast, passed >= timedelta(milliseconds=200), passed < timedelta(seconds=60)]


def two_events(ctx, _):
    first = yield ctx.wait_for_external_event("first")
    again = yield ctx.wait_for_external_event("first")
    second = yield ctx.wait_for_external_event("second")
    return [first, again, second]


def event_or_timer(ctx, _):
    event = ctx.wait_for_external_event("never")
    limit = ctx.create_timer(timedelta(milliseconds=100))
    winner = yield task.when_any([event, limit])
    return "event" if winner == event else "timer"


def nested(ctx, depth):
    if depth == 0:
        return [ctx.instance_id]
    child = f"{ctx.instance_id}/{depth}"
    inner = yield ctx.call_sub_orchestrator(nested, input=depth - 1, instance_id=child)
    return [ctx.instance_id] + inner


def children(ctx, count):
    tasks = [ctx.call_sub_orchestrator(chain, input=number) for number in range(count)]
    return (yield task.when_all(tasks))


def fails_itself(ctx, words):
    raise RuntimeError(words)


def catches(ctx, _):
    caught = []
    try:
        yield ctx.call_activity(fails, input="größe")
    except task.TaskFailedError as error:
        caught.append(["activity", error.details.error_type, error.details.message])
    try:
        yield ctx.call_sub_orchestrator(fails_itself, input="a child")
    except task.TaskFailedError as error:
        caught.append(["child", error.details.message])
    return caught


def lets_fail(ctx, words):
    yield ctx.call_activity(fails, input=words)


def retries(ctx, _):
    policy = task.RetryPolicy(
        first_retry_interval=timedelta(milliseconds=50),
        max_number_of_attempts=3,
        backoff_coefficient=2,
    )
    key = ctx.instance_id
    return (yield ctx.call_activity(fails_twice, input=key, retry_policy=policy))


def retries_in_vain(ctx, _):
    policy = task.RetryPolicy(
        first_retry_interval=timedelta(milliseconds=20), max_number_of_attempts=2
    )
    try:
        yield ctx.call_activity(fails, input="always", retry_policy=policy)
    except task.TaskFailedError as error:
        return error.details.message


def collects(ctx, collected):
    event = yield ctx.wait_for_external_event("item")
    collected = collected + [event]
    if len(collected) == 4:
        return collected
    ctx.continue_as_new(collected, save_events=True)


def tells_status(ctx, _):
    ctx.set_custom_status({"step": 1, "name": "größe ♫"})
    yield ctx.wait_for_external_event("on")
    ctx.set_custom_status("step 2 ✓")
    yield ctx.wait_for_external_event("on")
    return "told"


def waits(ctx, _):
    return (yield ctx.wait_for_external_event("go"))


def waits_for_child(ctx, child):
    return (yield ctx.call_sub_orchestrator(waits, instance_id=child))


def outlived(ctx, child):
    running = ctx.call_sub_orchestrator(waits, instance_id=child)
    limit = ctx.create_timer(timedelta(milliseconds=50))
    winner = yield task.when_any([running, limit])
    return "child" if winner == running else "timer"


def sends(ctx, target):
    ctx.send_event(target, "go", data={"from": ctx.instance_id})
    yield ctx.create_timer(timedelta(milliseconds=10))
    return "sent"


def passes_on(ctx, data):
    return (yield ctx.call_activity(echo, input=data))


def rolls(ctx, _):
    first = ctx.new_uuid()
    yield ctx.call_activity(echo, input=1)
    second = ctx.new_uuid()
    yield ctx.call_activity(echo, input=2)
    return [first != second, len(first)]


def lets_mend(ctx, key):
    ready = yield ctx.call_sub_orchestrator(passes_on, input="ready")
    return [ready, (yield ctx.call_sub_orchestrator(mended, input=key, instance_id=f"{key}-child"))]


def mended(ctx, key):
    yield ctx.call_activity(echo, input="before")
    return (yield ctx.call_activity(fails_until_mended, input=key))


ACTIVITIES = [plus_one, echo, slow_echo, mends_later, fails, fails_twice, fails_until_mended]
WORKFLOWS = [
    chain, slow_chain, fan_out, changing, slow_fan_out, sleeps, rolls_on, all_kinds, timers, two_events, event_or_timer,
    nested, children, fails_itself,
    catches, lets_fail, retries, retries_in_vain, collects, tells_status, waits, waits_for_child,
    outlived, sends, passes_on, rolls, mended, lets_mend,
]


# Scenarios


class Client(TaskHubGrpcClient):
    def run(self, workflow, data=None, **options):
        return self.end(self.begin(workflow, data, **options))

    def begin(self, workflow, data=None, **options):
        return self.schedule_new_orchestration(workflow, input=data, **options)

    def end(self, instance):
        return outcome(self.wait_for_orchestration_completion(instance, timeout=PATIENCE))

    def status(self, instance):
        state = self.get_orchestration_state(instance)
        return state and state.runtime_status.name

    def until(self, instance, status):
        wait_until(lambda: self.status(instance) == status)

    def until_custom_status(self, instance, status):
        def told():
            return self.get_orchestration_state(instance).get_custom_status() == status

        wait_until(told)


def outcome(state):
    """How an instance ended, without what differs each time."""
    result = {"status": state.runtime_status.name, "output": state.serialized_output}
    if state.serialized_custom_status:
        result["custom_status"] = state.serialized_custom_status
    if state.failure_details:
        details = state.failure_details
        message = details.message.replace(state.instance_id, "ID")
        result["failure"] = [details.error_type, message]
    return result


def events_early(client):
    instance = client.begin(two_events)
    for name, data in [("second", None), ("first", {"n": 1.0}), ("FIRST", [1, "zwei"])]:
        client.raise_orchestration_event(instance, name, data=data)
    return client.end(instance)


def events_late(client):
    instance = client.begin(two_events)
    client.wait_for_orchestration_start(instance, timeout=PATIENCE)
    for name, data in [("first", 1), ("first", "größe"), ("second", {"a": {"b": []}})]:
        time.sleep(0.1)
        client.raise_orchestration_event(instance, name, data=data)
    return client.end(instance)


def three_deep(client):
    return client.run(nested, 3, instance_id="deep")


def carried_over(client):
    instance = client.begin(collects, [])
    for number in range(4):
        client.raise_orchestration_event(instance, "item", data=number)
    return client.end(instance)


def custom_status(client):
    instance = client.begin(tells_status)
    told = []
    for status in [{"step": 1, "name": "größe ♫"}, "step 2 ✓"]:
        client.until_custom_status(instance, status)
        told.append(client.get_orchestration_state(instance).serialized_custom_status)
        client.raise_orchestration_event(instance, "on")
    return [told, client.end(instance)]


def suspended(client):
    instance = client.begin(waits)
    client.until(instance, "RUNNING")
    client.suspend_orchestration(instance)
    client.until(instance, "SUSPENDED")
    client.raise_orchestration_event(instance, "go", data="kept")
    time.sleep(0.3)
    held = client.status(instance)
    client.resume_orchestration(instance)
    return [held, client.end(instance)]


def terminated(client):
    instance = client.begin(waits)
    client.until(instance, "RUNNING")
    client.terminate_orchestration(instance, output={"why": "enough"})
    return client.end(instance)


def terminated_with_children(client):
    instance = client.begin(waits_for_child, "to-be-ended-child", instance_id="to-be-ended")
    client.until("to-be-ended-child", "RUNNING")
    client.terminate_orchestration(instance, output="all", recursive=True)
    return [client.end(instance), client.end("to-be-ended-child")["status"]]


def child_outlives(client):
    ended = client.run(outlived, "outliving")
    client.until("outliving", "RUNNING")
    status = client.status("outliving")
    client.raise_orchestration_event("outliving", "go", data="alone")
    return [ended, status, client.end("outliving")]


def purged(client):
    instance = client.begin(passes_on, "short")
    client.end(instance)
    first = client.purge_orchestration(instance).deleted_instance_count
    again = client.purge_orchestration(instance).deleted_instance_count
    return [first, again, client.get_orchestration_state(instance)]


def purged_by_filter(client):
    instances = [client.begin(lets_fail, "to be purged") for _ in range(3)]
    for instance in instances:
        client.end(instance)
    client.purge_orchestrations_by(
        created_time_from=datetime.now(timezone.utc) - timedelta(hours=1),
        runtime_status=[OrchestrationStatus.FAILED],
    )
    return [client.status(instance) for instance in instances]


def restarted(client):
    first = client.begin(passes_on, {"kept": True})
    client.end(first)
    second = client.restart_orchestration(first, restart_with_new_instance_id=True)
    again = client.end(second)
    third = client.restart_orchestration(first)
    return [second != first, again, third == first, client.end(third)]


def rewound(client):
    instance = client.begin(mended, "part", instance_id="rewound")
    before = client.end(instance)
    tries["part"] = 1
    client.rewind_orchestration(instance, reason="mended")
    client.until(instance, "COMPLETED")
    return [before, client.end(instance)]


def rewound_with_child(client):
    instance = client.begin(lets_mend, "parts", instance_id="rewound-parent")
    before = client.end(instance)["status"]
    tries["parts"] = 1
    client.rewind_orchestration(instance, reason="mended")
    client.until(instance, "COMPLETED")
    return [before, client.end(instance), client.end("parts-child")]


def unicode(client):
    return client.run(passes_on, {"größe": ["♫", "𝄞", "\u0000", "\"", "日本"]}, instance_id="größe-♫")


def large(client):
    state = client.run(passes_on, "x" * (1 << 20))
    state["output"] = len(state["output"])
    return state


def sent(client):
    target = client.begin(waits, instance_id="target")
    client.until(target, "RUNNING")
    return [client.run(sends, target, instance_id="sender"), client.end(target)]


def same_id(client):
    client.begin(waits, instance_id="twice")
    refused = []
    try:
        client.begin(waits, instance_id="twice")
    except Exception as error:
        refused.append(error.code().name)
    client.until("twice", "RUNNING")
    policy = OrchestrationIdReusePolicy(replaceableStatus=[OrchestrationStatus.RUNNING.value])
    client.begin(passes_on, "instead", instance_id="twice", reuse_id_policy=policy)
    return [refused, client.end("twice")]


def unknown(client):
    refused = []
    for ask in (
        lambda: client.raise_orchestration_event("nobody", "x"),
        lambda: client.suspend_orchestration("nobody"),
        lambda: client.resume_orchestration("nobody"),
        lambda: client.restart_orchestration("nobody"),
    ):
        try:
            ask()
        except Exception as error:
            refused.append(getattr(error, "code", lambda: None)().name if hasattr(error, "code") else type(error).__name__)
    return [refused, client.get_orchestration_state("nobody")]


def queried(client):
    for number in range(5):
        client.run(passes_on, number, instance_id=f"asked-{number}")
    found = []
    for state in client.get_all_orchestration_states(
        OrchestrationQuery(
            runtime_status=[OrchestrationStatus.COMPLETED],
            created_time_from=datetime.now(timezone.utc) - timedelta(hours=1),
            fetch_inputs_and_outputs=True,
            max_instance_count=2,
        )
    ):
        if state.instance_id.startswith("asked-"):
            found.append([state.instance_id, state.name, state.serialized_input])
    listed = client.list_instance_ids(runtime_status=[OrchestrationStatus.COMPLETED])
    listed = sorted(one for one in listed.items if one.startswith("asked-"))
    return [found, listed]


def later(client):
    delay = timedelta(milliseconds=600)
    while True:
        start = datetime.now(timezone.utc) + delay
        instance = client.begin(passes_on, "later", start_at=start)
        status = client.status(instance)
        was_in_time = datetime.now(timezone.utc) < start
        end = client.end(instance)
        if was_in_time:
            return [status, end, datetime.now(timezone.utc) >= start]
        # The machine was busy meanwhile.
        delay *= 2


def no_entities(client):
    try:
        client.get_all_entities()
    except Exception as error:
        return error.code().name


SCENARIOS = {
    "chain": lambda client: client.run(chain, 20),
    "fan_out": lambda client: client.run(fan_out, 1000),
    "timers": lambda client: client.run(timers),
    "events_early": events_early,
    "events_late": events_late,
    "event_or_timer": lambda client: client.run(event_or_timer),
    "three_deep": three_deep,
    "children": lambda client: client.run(children, 6),
    "catches": lambda client: client.run(catches),
    "lets_fail": lambda client: client.run(lets_fail, "größe"),
    "fails_itself": lambda client: client.run(fails_itself, "words"),
    "retries": lambda client: client.run(retries),
    "retries_in_vain": lambda client: client.run(retries_in_vain),
    "carried_over": carried_over,
    "custom_status": custom_status,
    "suspended": suspended,
    "terminated": terminated,
    "child_outlives": child_outlives,
    "purged": purged,
    "purged_by_filter": purged_by_filter,
    "restarted": restarted,
    "rewound": rewound,
    "rewound_with_child": rewound_with_child,
    "unicode": unicode,
    "large": large,
    "sent": sent,
    "same_id": same_id,
    "unknown": unknown,
    "queried": queried,
    "rolls": lambda client: client.run(rolls),
    "long": lambda client: client.run(chain, 500),
}

# The backend in memory does not do these, or something else.
BEYOND = {
    "later": later,
    "terminated_with_children": terminated_with_children,
    "no_entities": no_entities,
}


def quiet():
    logger = logging.getLogger("quiet")
    logger.setLevel(logging.CRITICAL)
    # For Unix sockets: the library makes a host name of the path, which HTTP/2 does not allow.
    options = GrpcChannelOptions(raw_options=[("grpc.default_authority", "localhost")])
    return {"logger": logger, "channel_options": options}


def worker(address):
    served = TaskHubGrpcWorker(host_address=address, **quiet())
    for activity in ACTIVITIES:
        served.add_activity(activity)
    for workflow in WORKFLOWS:
        served.add_orchestrator(workflow)
    return served


def run_scenarios(address, scenarios):
    served = worker(address)
    served.start()
    client = Client(host_address=address, **quiet())
    for name, scenario in scenarios.items():
        begun = time.monotonic()
        try:
            result = scenario(client)
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
        print(json.dumps({"scenario": name, "result": result}), flush=True)
        print(f"{name}: {time.monotonic() - begun:.2f} s", file=sys.stderr)
    served.stop()


def main():
    what, address, *rest = sys.argv[1:]
    if what == "oracle":
        from durabletask.testing import create_test_backend

        backend = create_test_backend(port=int(address))
        names = rest or SCENARIOS
        run_scenarios(f"127.0.0.1:{address}", {name: SCENARIOS[name] for name in names})
        backend.stop()
    elif what == "scenarios":
        known = SCENARIOS | BEYOND
        run_scenarios(address, {name: known[name] for name in rest or known})
    elif what == "worker":
        worker(address).start()
        print("works", flush=True)
        threading.Event().wait()
    else:
        client = Client(host_address=address, **quiet())
        if what == "start":
            instance, workflow, data = rest
            print(client.begin(workflow, json.loads(data), instance_id=instance))
        elif what == "await":
            print(json.dumps(client.end(rest[0])))
        elif what == "status":
            print(client.status(rest[0]))
        elif what == "until":
            instance, step = rest

            def far_enough():
                state = client.get_orchestration_state(instance)
                return (state.get_custom_status() or 0) >= int(step)

            wait_until(far_enough)
        elif what == "raise":
            instance, event, data = rest
            client.raise_orchestration_event(instance, event, data=json.loads(data))


main()
