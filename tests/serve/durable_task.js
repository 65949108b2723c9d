// Workflows, activities and a client of a Durable Task library for JavaScript.
//
//     node durable_task.js PACKAGE ADDRESS    runs scenarios; a line of JSON for each
//
// PACKAGE is @microsoft/durabletask-js or @dapr/durabletask-js; they have the same interface.

const [name, address] = process.argv.slice(2);
const { TaskHubGrpcClient, TaskHubGrpcWorker } = require(name);
const { whenAll, whenAny } = name.startsWith("@dapr") ? require(`${name}/task`) : require(name);
const PATIENCE = 300;

for (const level of ["log", "info", "warn", "error", "debug"]) {
  console[level] = () => {};
}

const plusOne = (_, number) => number + 1;
const echo = (_, data) => data;
const fails = (_, words) => {
  throw new Error(words);
};

async function* chain(ctx, count) {
  // Both libraries lose the number 0.
  let number = 1;
  for (let step = 0; step < count; step += 1) {
    number = yield ctx.callActivity(plusOne, number);
  }
  return number;
}

async function* fanOut(ctx, count) {
  const tasks = [];
  for (let number = 1; number <= count; number += 1) {
    tasks.push(ctx.callActivity(plusOne, number));
  }
  const results = yield whenAll(tasks);
  return results.reduce((sum, one) => sum + one, 0);
}

async function* timers(ctx) {
  const slow = ctx.createTimer(60);
  const fast = ctx.createTimer(0.2);
  const first = yield whenAny([slow, fast]);
  return first === fast;
}

async function* twoEvents(ctx) {
  const first = yield ctx.waitForExternalEvent("first");
  const again = yield ctx.waitForExternalEvent("first");
  const second = yield ctx.waitForExternalEvent("second");
  return [first, again, second];
}

async function* nested(ctx, depth) {
  if (depth === 1) {
    return "deep";
  }
  return `up ${yield ctx.callSubOrchestrator(nested, depth - 1)}`;
}

async function* catches(ctx) {
  try {
    yield ctx.callActivity(fails, "größe");
  } catch (error) {
    return String(error.message).includes("größe");
  }
}

async function* letsFail(ctx) {
  yield ctx.callActivity(fails, "words");
}

async function* rounds(ctx, round) {
  yield ctx.callActivity(echo, round);
  if (round < 5) {
    ctx.continueAsNew(round + 1, false);
    return null;
  }
  return round;
}

async function* waits(ctx) {
  return yield ctx.waitForExternalEvent("go");
}

const WORKFLOWS = [chain, fanOut, timers, twoEvents, nested, catches, letsFail, rounds, waits];

const client = new TaskHubGrpcClient(address);

async function end(instance) {
  const state = await client.waitForOrchestrationCompletion(instance, true, PATIENCE);
  return [state.runtimeStatus, state.serializedOutput ?? null];
}

async function run(workflow, input) {
  return end(await client.scheduleNewOrchestration(workflow, input));
}

async function until(instance, status) {
  const state = await client.getOrchestrationState(instance, false);
  if (state.runtimeStatus !== status) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await until(instance, status);
  }
}

const RUNNING = 0;
const SUSPENDED = 7;

const SCENARIOS = {
  chain: () => run(chain, 20),
  fan_out: () => run(fanOut, 200),
  timers: () => run(timers),
  nested: () => run(nested, 4),
  catches: () => run(catches),
  lets_fail: () => run(letsFail),
  rounds: () => run(rounds, 1),
  async events() {
    const instance = await client.scheduleNewOrchestration(twoEvents);
    for (const [event, data] of [["second", { n: 1.5 }], ["first", 1], ["first", "größe ♫"]]) {
      await client.raiseOrchestrationEvent(instance, event, data);
    }
    return end(instance);
  },
  async suspended() {
    const instance = await client.scheduleNewOrchestration(waits);
    await until(instance, RUNNING);
    await client.suspendOrchestration(instance);
    await until(instance, SUSPENDED);
    await client.raiseOrchestrationEvent(instance, "go", "kept");
    await client.resumeOrchestration(instance);
    return end(instance);
  },
  async terminated() {
    const instance = await client.scheduleNewOrchestration(waits);
    await until(instance, RUNNING);
    await client.terminateOrchestration(instance, "enough");
    return end(instance);
  },
  async purged() {
    const instance = await client.scheduleNewOrchestration(chain, 1);
    await end(instance);
    await client.purgeOrchestration(instance);
    return (await client.getOrchestrationState(instance, false)) ?? null;
  },
};

async function main() {
  const worker = new TaskHubGrpcWorker(address);
  for (const activity of [plusOne, echo, fails]) {
    worker.addActivity(activity);
  }
  for (const workflow of WORKFLOWS) {
    worker.addOrchestrator(workflow);
  }
  await worker.start();
  for (const [scenario, play] of Object.entries(SCENARIOS)) {
    let result;
    try {
      result = await play();
    } catch (error) {
      result = String(error);
    }
    process.stdout.write(`${JSON.stringify({ scenario, result })}\n`);
  }
  process.exit(0);
}

main();
