"""A chain of activities of the package durabletask: activities per second.

    chain.py ADDRESS LENGTH    against a server
    chain.py memory LENGTH     against the package's own backend
"""

import logging
import sys
import time

from durabletask import client, worker


def step(_, number):
    return number + 1


def chain(context, length):
    number = 0
    for _ in range(length):
        number = yield context.call_activity(step, input=number)
    return number


def rate(address, length):
    with worker.TaskHubGrpcWorker(host_address=address) as runs:
        runs.add_orchestrator(chain)
        runs.add_activity(step)
        runs.start()
        starts = client.TaskHubGrpcClient(host_address=address)
        begun = time.monotonic()
        instance = starts.schedule_new_orchestration(chain, input=length)
        ended = starts.wait_for_orchestration_completion(instance, timeout=300)
        assert ended.serialized_output == str(length), ended
        return length / (time.monotonic() - begun)


def main():
    logging.disable(logging.CRITICAL)
    address, length = sys.argv[1], int(sys.argv[2])
    if address == "memory":
        from durabletask.testing import create_test_backend

        create_test_backend(port=50778)
        address = "localhost:50778"
    print(rate(address, length), flush=True)


main()
