import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import type { Suite } from "../../bench.ts";

/** About a million parameters: the size of the model that the demo runs. */
const MODEL = randomModel(1, {
  vocabSize: 512,
  hiddenSize: 128,
  intermediateSize: 352,
  layerCount: 5,
  headCount: 8,
  kvHeadCount: 4,
  headDim: 16,
  contextLength: 512,
});
const REQUESTS = 8;
/** A decode's attention grows with its context: begin anew at this length, from the prompts on. */
const LONGEST = 256;
const PROMPT_TOKENS = 64;

export default function (suite: Suite): void {
  const sizes = { blockCount: 256, blockSize: 16, maxTokens: 512, maxRequests: REQUESTS };
  const driver = new PlanDriver(createReferenceBackend({ model: MODEL, ...sizes }));
  const sequences = Array.from({ length: REQUESTS }, (_, i) =>
    driver.start(Array.from({ length: PROMPT_TOKENS }, (__, j) => (i * 7 + j) % 512)),
  );
  const shares = sequences.map((sequence) => ({ sequence }));
  const restart = (): void => {
    for (const sequence of sequences) {
      sequence.computedCount = 0;
      sequence.tokenIds.length = PROMPT_TOKENS;
    }
  };
  const prefill = async (): Promise<void> => {
    restart();
    await driver.step(shares);
  };
  const decode = async (): Promise<void> => {
    if (sequences[0].tokenIds.length > LONGEST) restart();
    await driver.step(shares);
  };
  suite.add("reference prefill, a token of 8 x 64", prefill, { opsPerCall: REQUESTS * PROMPT_TOKENS });
  suite.add("reference decode, a token of 8 requests", decode, { opsPerCall: REQUESTS, beforeAll: prefill });
}
