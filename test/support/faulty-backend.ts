import type { Backend } from "../../src/backends/backend.ts";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import type { Model } from "../../src/model.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import type { BackendCase, MakeBackend } from "../../src/testing/backend-cases/backend-case.ts";
import { randomModel } from "../../src/testing/index.ts";

/** What a faulty backend does in place of the right one. */
export type Fault = (right: Backend) => Partial<Backend>;

/** A reference backend with a fault. */
export function faulty(fault: Fault, model: Model = randomModel(1)): MakeBackend {
  return (sizes) => {
    const right = createReferenceBackend({ model, ...sizes });
    return {
      info: right.info,
      lost: right.lost,
      execute: (plan) => right.execute(plan),
      readBlocks: (blocks) => right.readBlocks(blocks),
      writeBlocks: (blocks, data) => right.writeBlocks(blocks, data),
      dispose: () => right.dispose(),
      ...fault(right),
    };
  };
}

/** Runs another plan than the one given. */
export function onPlan(change: (plan: StepPlan) => StepPlan): Fault {
  return (right) => ({ execute: (plan) => right.execute(change(plan)) });
}

/** Spoils a result. */
export function onResult(change: (result: StepResult, plan: StepPlan) => void): Fault {
  return (right) => ({
    execute: async (plan) => {
      const result = await right.execute(plan);
      change(result, plan);
      return result;
    },
  });
}

/** Fails a plan. */
export function failingOn(isBad: (plan: StepPlan) => boolean): Fault {
  return (right) => ({
    execute: async (plan) => (isBad(plan) ? Promise.reject(new Error("cannot do this")) : right.execute(plan)),
  });
}

/** Shifts the first logit of every sample, by which every comparison can find it out. */
export function shiftLogits(amount: (plan: StepPlan, sample: number) => number): Fault {
  return onResult(({ logits, tokenIds }, plan) => {
    const vocabSize = (logits?.length ?? 0) / tokenIds.length;
    for (let sample = 0; sample < plan.sampleCount; sample++) logits![sample * vocabSize] += amount(plan, sample);
  });
}

/** Runs one case of a list against a backend. */
export function runCase(cases: readonly BackendCase[], name: string, make: MakeBackend): Promise<void> {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  const sizes = { blockSize: 4, blockCount: 96, maxTokens: 64, maxRequests: 4, hostBlockCount: 16, keepLogits: true };
  return found.run({ make, sizes, oracle: faulty(() => ({})), tolerance: 1e-3 });
}
