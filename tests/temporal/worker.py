"""Workflows of another language, for the tests: a worker that also starts what the tests ask for.

Usage: worker.py ADDRESS. Reads requests from its standard input, one JSON object a line, and answers each
with a line:

    {"start": "Chain", "id": "chain-1", "args": [3]}    starts a workflow
    {"many": "Chain", "id": "chain", "count": 100}      starts chain-0 to chain-99; with a "queue" that
                                                        nobody works on, they stay as they are
    {"update": "change", "id": "updated-1", "arg": 1}   sends an update, answers with its result
    {"result": "chain-1"}                               waits until a workflow has ended
"""

import asyncio
import json
import sys
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "fermata-tests"
LIMIT = timedelta(seconds=20)


@activity.defn
async def step(number: int) -> int:
    return number + 1


@activity.defn
async def slow(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


@activity.defn
async def unsteady(failures: int) -> str:
    if activity.info().attempt <= failures:
        raise ApplicationError("not yet", {"attempt": activity.info().attempt}, type="NotYet")
    return "at last"


@activity.defn
async def broken(reason: str) -> str:
    raise ApplicationError(reason, type="Broken", non_retryable=True)


def retry(seconds: float, attempts: int = 0) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(seconds=seconds),
        backoff_coefficient=1.0,
        maximum_attempts=attempts,
    )


async def run_step(number: int) -> int:
    return await workflow.execute_activity(step, number, start_to_close_timeout=LIMIT)


@workflow.defn
class Chain:
    @workflow.run
    async def run(self, steps: int) -> int:
        number = 0
        for _ in range(steps):
            number = await run_step(number)
        return number


@workflow.defn
class FanOut:
    @workflow.run
    async def run(self, width: int) -> int:
        return sum(await asyncio.gather(*(run_step(n) for n in range(width))))


@workflow.defn
class Retries:
    @workflow.run
    async def run(self, failures: int, seconds: float) -> str:
        return await workflow.execute_activity(
            unsteady, failures, start_to_close_timeout=LIMIT, retry_policy=retry(seconds)
        )


@workflow.defn
class Slow:
    @workflow.run
    async def run(self, seconds: float) -> str:
        return await workflow.execute_activity(slow, seconds, start_to_close_timeout=LIMIT)


@workflow.defn
class Timers:
    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(0.05)
        never = asyncio.create_task(asyncio.sleep(600))
        await run_step(0)
        never.cancel()
        return "in time"


@workflow.defn
class Waiting:
    """Waits for signals: each `step` runs an activity, `end` ends."""

    def __init__(self) -> None:
        self.steps = 0
        self.ended = False
        self.data = None

    @workflow.run
    async def run(self) -> Any:
        done = 0
        while True:
            await workflow.wait_condition(lambda: self.ended or done < self.steps)
            if self.ended:
                return self.data
            await run_step(done)
            done += 1

    @workflow.signal
    def step(self) -> None:
        self.steps += 1

    @workflow.signal
    def end(self, data: Any = None) -> None:
        self.ended, self.data = True, data


@workflow.defn
class Updated:
    def __init__(self) -> None:
        self.value = 0

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(
            lambda: self.value > 1 and workflow.all_handlers_finished()
        )
        return self.value

    @workflow.update
    async def change(self, by: int) -> int:
        self.value += by
        await run_step(self.value)
        return self.value

    @change.validator
    def check(self, by: int) -> None:
        if by < 0:
            raise ValueError("only upwards")


@workflow.defn
class Parent:
    @workflow.run
    async def run(self) -> str:
        info = workflow.info()
        await workflow.execute_child_workflow(Chain.run, 1, id=f"{info.workflow_id}-child")
        try:
            await workflow.execute_child_workflow(Saga.run, id=f"{info.workflow_id}-broken")
        except Exception:
            return "one child is broken"
        return "?"


@workflow.defn
class Saga:
    @workflow.run
    async def run(self) -> str:
        await run_step(1)
        try:
            return await workflow.execute_activity(
                broken, "no seats left", start_to_close_timeout=LIMIT
            )
        except Exception as error:
            await run_step(2)
            raise ApplicationError("undone", {"step": 2}, type="Undone") from error


@workflow.defn
class Tidy:
    @workflow.run
    async def run(self) -> str:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            await asyncio.shield(run_step(9))
            raise
        return "?"


@workflow.defn
class Renewing:
    @workflow.run
    async def run(self, left: int) -> str:
        await run_step(left)
        if left > 0:
            workflow.continue_as_new(left - 1)
        return "the last run"


@workflow.defn
class Late:
    @workflow.run
    async def run(self) -> str:
        try:
            return await workflow.execute_activity(
                slow,
                5.0,
                start_to_close_timeout=timedelta(seconds=0.2),
                retry_policy=retry(0.1, 2),
            )
        except Exception:
            return "too late"


@workflow.defn
class Marked:
    @workflow.run
    async def run(self) -> str:
        await workflow.execute_local_activity(step, 1, start_to_close_timeout=LIMIT)
        workflow.patched("new words")
        workflow.upsert_memo({"hall": "groß\r\n"})
        await run_step(2)
        return "marked"


@workflow.defn
class Sender:
    """Signals another workflow, then cancels one that is not there."""

    @workflow.run
    async def run(self, other: str) -> str:
        await workflow.get_external_workflow_handle(other).signal("end", {"from": "sender"})
        try:
            await workflow.get_external_workflow_handle("nobody").cancel()
        except Exception:
            return "nobody is there"
        return "?"


@workflow.defn
class Pulse:
    @workflow.run
    async def run(self, beats: int, seconds: float) -> int:
        for beat in range(beats):
            await workflow.execute_activity(slow, seconds, start_to_close_timeout=LIMIT)
        return beats


WORKFLOWS = [
    Chain, FanOut, Retries, Slow, Timers, Waiting, Updated, Parent, Saga, Tidy, Renewing, Late,
    Marked, Sender, Pulse,
]  # fmt: skip


async def connected(address: str) -> Client:
    while True:
        try:
            return await Client.connect(address)
        except Exception:
            await asyncio.sleep(0.2)


async def start(client: Client, name: str, id: str, args: list, queue: str = QUEUE) -> str:
    handle = await client.start_workflow(
        name, args=args, id=id, task_queue=queue, memo={"asked": id}
    )
    return handle.result_run_id or ""


async def answer(client: Client, request: dict) -> Any:
    if "start" in request:
        return await start(client, request["start"], request["id"], request.get("args", []))
    if "many" in request:
        gate = asyncio.Semaphore(32)

        async def one(number: int) -> None:
            async with gate:
                id = f"{request['id']}-{number}"
                queue = request.get("queue", QUEUE)
                await start(client, request["many"], id, request.get("args", []), queue)

        await asyncio.gather(*(one(number) for number in range(request["count"])))
        return request["count"]
    if "update" in request:
        handle = client.get_workflow_handle(request["id"])
        return await handle.execute_update(request["update"], request["arg"])
    if "result" in request:
        try:
            return await client.get_workflow_handle(request["result"]).result()
        except WorkflowFailureError as error:
            return f"failed: {error.cause}"
    raise ValueError("an unknown request")


async def main() -> None:
    client = await connected(sys.argv[1])
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=WORKFLOWS,
        activities=[step, slow, unsteady, broken],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=50,
        max_concurrent_activities=200,
    ):
        print("ready", flush=True)
        while line := await lines.readline():
            try:
                result = await answer(client, json.loads(line))
                print(json.dumps({"answer": result}), flush=True)
            except Exception as error:
                print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


asyncio.run(main())
