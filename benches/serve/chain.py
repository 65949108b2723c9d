"""A chain of activities of the package durabletask: activities per second.

    chain.py ADDRESS LENGTH    against a server
    chain.py memory LENGTH     against the package's own backend
    chain.py alone LENGTH      only the turns of the worker, without any server
"""

import logging
import sys
import time

from durabletask import client, worker
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as messages


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


def alone(length):
    """A turn replays all before it. This is what the worker needs for that, and nothing else."""
    runs = worker.TaskHubGrpcWorker()
    runs.add_orchestrator(chain)
    runs.add_activity(step)
    past, spent = [], 0.0
    news = [helpers.new_execution_started_event("chain", "alone", str(length))]
    for number in range(1, length + 2):
        news.insert(0, helpers.new_orchestrator_started_event())
        request = messages.OrchestratorRequest(instanceId="alone", pastEvents=past, newEvents=news)
        sent = request.SerializeToString()
        begun = time.monotonic()
        request = messages.OrchestratorRequest.FromString(sent)
        executor = worker._OrchestrationExecutor(runs._registry, runs._logger, runs._data_converter)
        result = executor.execute("alone", request.pastEvents, request.newEvents)
        spent += time.monotonic() - begun
        past += news + [helpers.new_task_scheduled_event(number, "step", str(number - 1))]
        news = [helpers.new_task_completed_event(number, str(number))]
    assert result.actions[0].completeOrchestration.result.value == str(length), result.actions
    return length / spent


def main():
    logging.disable(logging.CRITICAL)
    address, length = sys.argv[1], int(sys.argv[2])
    if address == "alone":
        print(alone(length), flush=True)
        return
    if address == "memory":
        from durabletask.testing import create_test_backend

        create_test_backend(port=50778)
        address = "localhost:50778"
    print(rate(address, length), flush=True)


main()
