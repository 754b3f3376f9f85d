import { expect, test } from "vitest";
import type { Backend } from "../../../src/backends/backend.ts";
import type { StepPlan, StepResult } from "../../../src/step.ts";
import { orderCases } from "../../../src/testing/backend-cases/order.ts";
import { type Fault, faulty, onPlan, runCase } from "../../support/faulty-backend.ts";

async function later(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Each step begins when the one ahead has ended, however it ended. */
const independentSteps: Fault = (right) => {
  let last: Promise<unknown> = Promise.resolve();
  const execute = (plan: StepPlan): Promise<StepResult> => {
    const result = last.then(() => right.execute(plan));
    last = result.catch(() => {});
    return result;
  };
  return { execute };
};

/** Some columns are read a turn after `execute` returned, all others at once. */
function readsLate(...names: readonly (keyof StepPlan)[]): Fault {
  return (right) => ({
    execute: async (plan) => {
      const early = structuredClone(plan);
      await later(1);
      return right.execute({ ...early, ...Object.fromEntries(names.map((name) => [name, plan[name]])) });
    },
  });
}

/** Plan 0 answers three turns later than it could. */
const secondFirst: Fault = (right) => ({
  execute: async (plan) => {
    const result = await right.execute(plan);
    await later(plan.index === 0 ? 3 : 0);
    return result;
  },
});

const failsForGood: Fault = (right) => {
  let failed = false;
  return {
    execute: async (plan) => {
      if (failed) throw new Error("failed before");
      return right.execute(plan).catch((error: unknown) => {
        failed = true;
        throw error as Error;
      });
    },
  };
};

const oneResultForAll: Fault = (right) => {
  let tokenIds = new Int32Array(0);
  let logits = new Float32Array(0);
  const execute = async (plan: StepPlan): Promise<StepResult> => {
    const result = await right.execute(plan);
    if (tokenIds.length === 0) [tokenIds, logits] = [result.tokenIds.slice(), result.logits!.slice()];
    tokenIds.set(result.tokenIds);
    logits.set(result.logits!);
    return { ...result, tokenIds, logits };
  };
  return { execute };
};

const lostOnDispose = (right: Backend): Partial<Backend> => {
  let resolve = (_: string): void => {};
  const lost = new Promise<string>((done) => (resolve = done));
  return {
    lost,
    dispose: () => {
      resolve("disposed");
      return right.dispose();
    },
  };
};

/** A newcomer's first token is taken for the one before it at the slot. */
const slotsOfBefore: Fault = onPlan((plan) => {
  if (plan.requestCount !== 2 || plan.index < 2) return plan;
  const tokenIds = plan.tokenIds.slice();
  tokenIds[0] = 0;
  return { ...plan, tokenIds };
});

const FAULTS: readonly (readonly [name: string, what: string, message: string, fault: Fault])[] = [
  [
    "info has the sizes asked for",
    "another block size",
    "info.blockSize is 8, asked for 4",
    (right) => ({ info: { ...right.info, blockSize: 8 } }),
  ],
  [
    "info has the sizes asked for",
    "no vocabulary",
    "info.vocabSize is 0",
    (right) => ({ info: { ...right.info, vocabSize: 0 } }),
  ],
  [
    "samples can be fed back on the device",
    "token 0 for all",
    "logit",
    onPlan((plan) => ({ ...plan, tokenIds: plan.tokenIds.map((id) => Math.max(0, id)) })),
  ],
  [
    "samples can be fed back on the device",
    "sample 0 for all",
    "logit",
    onPlan((plan) => ({ ...plan, tokenIds: plan.tokenIds.map((id) => Math.max(-1, id)) })),
  ],
  ["steps resolve in order", "the second first", "the second step resolved before the first", secondFirst],
  [
    "columns are read before execute returns",
    "a turn later",
    "a plan overwritten after execute returned",
    (right) => ({ execute: (plan) => later(1).then(() => right.execute(plan)) }),
  ],
  [
    "columns are read before execute returns",
    "adapter ids a turn later",
    "adapterId must be 0",
    readsLate("adapterIds"),
  ],
  [
    "moves are read before execute returns",
    "swap-outs a turn later",
    "blocks swapped out by a plan overwritten",
    readsLate("swapOuts"),
  ],
  [
    "moves are read before execute returns",
    "swap-ins a turn later",
    "blocks swapped in by a plan overwritten",
    readsLate("swapIns"),
  ],
  [
    "moves are read before execute returns",
    "copies a turn later",
    "blocks copied by a plan overwritten",
    readsLate("copies"),
  ],
  ["a result stays until the second next step", "one result for all", "overwritten by the next step", oneResultForAll],
  [
    "a failed step takes the one behind it along, and no more",
    "the one behind goes on",
    "the step behind a failed one was not rejected",
    independentSteps,
  ],
  ["a failed step takes the one behind it along, and no more", "all later ones fail", "failed before", failsForGood],
  [
    "a failed step takes the one behind it along, and no more",
    "adapters are ignored",
    "was accepted",
    onPlan((plan) => ({ ...plan, adapterIds: plan.adapterIds.map(() => 0) })),
  ],
  [
    "a slot passes to another request behind a step in flight",
    "the slot's last tokens are read",
    "the request that took the slot",
    slotsOfBefore,
  ],
  [
    "dispose ends it, twice and quietly",
    "it goes on",
    "execute after dispose() did not reject with DisposedError",
    () => ({ dispose: async () => {} }),
  ],
  [
    "dispose ends it, twice and quietly",
    "writes go on",
    "writeBlocks after dispose() did not reject with DisposedError",
    () => ({ writeBlocks: async () => {} }),
  ],
  ["dispose ends it, twice and quietly", "it says it is lost", "dispose() resolved `lost`", lostOnDispose],
];

test.each(FAULTS)("%s: a backend that breaks it is found out (%s)", async (name, _, message, fault) => {
  await expect(runCase(orderCases, name, faulty(fault))).rejects.toThrow(message);
});

test("every case has a fault", () => {
  expect(new Set(FAULTS.map(([name]) => name))).toEqual(new Set(orderCases.map(({ name }) => name)));
});
