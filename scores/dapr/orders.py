"""Orders: an ordinary app of Dapr Workflow. It knows nothing of music.

    pip install dapr
    fermata --serve=127.0.0.1:50001 --listen scores/dapr/listening.yaml
    python scores/dapr/orders.py

Each order is a workflow: stock is reserved, the card is charged, the items are packed at the same time, somebody
approves, and the parcel is shipped by a workflow of its own. If the card is refused for good, the stock goes back.
"""

import itertools
import random
import sys
import time
from datetime import timedelta

from dapr.ext.workflow import DaprWorkflowClient, RetryPolicy, WorkflowRuntime, when_all, when_any

runtime = WorkflowRuntime()


@runtime.workflow
def order(context, items):
    number = context.instance_id
    patient = RetryPolicy(first_retry_interval=timedelta(seconds=1), max_number_of_attempts=4, backoff_coefficient=2)
    yield context.call_activity(reserve, input=number)
    try:
        yield context.call_activity(charge, input=number, retry_policy=patient)
    except Exception as refused:
        yield context.call_activity(restock, input=number)
        return f"refused: {refused}"
    yield when_all([context.call_activity(pack, input=item) for item in range(items)])
    if items > 3:
        approved = context.wait_for_external_event("approved")
        late = context.create_timer(timedelta(seconds=8))
        if (yield when_any([approved, late])) == late:
            yield context.call_activity(remind, input=number)
    return (yield context.call_child_workflow(shipping, input=number))


@runtime.workflow
def shipping(context, number):
    yield context.call_activity(label, input=number)
    yield context.create_timer(timedelta(seconds=2))
    return (yield context.call_activity(ship, input=number))


@runtime.activity
def reserve(_, number):
    time.sleep(0.4)


@runtime.activity
def charge(_, number):
    time.sleep(0.6)
    if random.random() < 0.35:
        raise RuntimeError("the bank does not answer")


@runtime.activity
def restock(_, number):
    time.sleep(0.8)


@runtime.activity
def pack(_, item):
    time.sleep(0.3 + 0.15 * item)


@runtime.activity
def remind(_, number):
    time.sleep(0.3)


@runtime.activity
def label(_, number):
    time.sleep(0.3)


@runtime.activity
def ship(_, number):
    time.sleep(1.0)
    return f"{number} is on its way"


def main():
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    runtime.start()
    client = DaprWorkflowClient()
    begun = time.strftime("%H%M%S")
    ids = []
    for number in range(1, orders + 1):
        items = next(sizes)
        ids.append(client.schedule_new_workflow(order, input=items, instance_id=f"order-{begun}-{number}"))
        time.sleep(2.5)
    for id in ids:
        state = client.wait_for_workflow_completion(id, timeout_in_seconds=120)
        print(id, state.runtime_status.name, state.serialized_output)
    runtime.shutdown()


sizes = itertools.cycle([2, 3, 4, 3])

if __name__ == "__main__":
    main()
