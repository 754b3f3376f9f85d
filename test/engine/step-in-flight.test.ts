import { expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { StepFailedError } from "../../src/errors.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

/** Every step's result is changed. */
class ChangedBackend extends ScriptedBackend {
  readonly #change: (result: StepResult) => unknown;

  constructor(change: (result: StepResult) => unknown) {
    super();
    this.#change = change;
  }

  override async execute(plan: StepPlan): Promise<StepResult> {
    return this.#change(await super.execute(plan)) as StepResult;
  }
}

test.each<[string, (result: StepResult) => unknown, string]>([
  ["nothing", () => undefined, "gave undefined for plan"],
  ["null", () => null, "gave null for plan"],
  ["no log probabilities", ({ tokenIds }) => ({ tokenIds }), "gave 0 logprobs for the 1 samples of plan"],
  [
    "short log probabilities",
    (result) => ({ ...result, logprobs: new Float32Array(0) }),
    "gave 0 logprobs for the 1 samples of plan",
  ],
  ["no likeliest ids", (result) => ({ ...result, topIds: undefined }), "gave 0 topIds for the 1 samples of plan"],
  [
    "short likeliest ids",
    (result) => ({ ...result, topIds: result.topIds!.slice(1) }),
    "gave 19 topIds for the 1 samples of plan",
  ],
  [
    "no likeliest log probabilities",
    (result) => ({ ...result, topLogprobs: undefined }),
    "gave 0 topLogprobs for the 1 samples of plan",
  ],
  [
    "short flags",
    (result) => ({ ...result, sampleFlags: new Uint8Array(0) }),
    "gave 0 sampleFlags for the 1 samples of plan",
  ],
  [
    "flags that are null",
    (result) => ({ ...result, sampleFlags: null }),
    "gave undefined sampleFlags for the 1 samples of plan",
  ],
])("a backend that gives %s fails its step, and its request alone ends", async (_, change, message) => {
  const engine = new Engine({ backend: new ChangedBackend(change) });
  const { finishReason, error } = await engine
    .submit({ promptTokenIds: [1, 2, 3], maxTokens: 5, sampling: { logprobs: 2 } })
    .completion();
  expect(finishReason).toBe("error");
  expect(error).toBeInstanceOf(StepFailedError);
  expect((error!.cause as Error).message).toContain(`backend scripted ${message}`);
  await expect(engine.beamSearch({ promptTokenIds: [4, 5], maxTokens: 3, width: 2 })).rejects.toThrow(StepFailedError);
  await engine.dispose();
});

test("a column that no sample of the step wants may be missing", async () => {
  const engine = new Engine({ backend: new ChangedBackend(({ tokenIds }) => ({ tokenIds })) });
  const wants = engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 5, sampling: { logprobs: 0 } });
  const wantsNone = engine.submit({ promptTokenIds: [4, 5, 6], maxTokens: 5 });
  expect([(await wants.completion()).finishReason, (await wantsNone.completion()).finishReason]).toEqual([
    "error",
    "length",
  ]);
  await engine.dispose();
});

test("a backend that gives no promise is taken at its word", async () => {
  class SyncBackend extends ScriptedBackend {
    override execute(plan: StepPlan): Promise<StepResult> {
      return { tokenIds: new Int32Array(plan.sampleCount).fill(7) } as unknown as Promise<StepResult>;
    }
  }
  const engine = new Engine({ backend: new SyncBackend() });
  expect((await engine.submit({ promptTokenIds: [1], maxTokens: 3 }).completion()).tokenIds).toEqual([7, 7, 7]);
  await engine.dispose();
});
