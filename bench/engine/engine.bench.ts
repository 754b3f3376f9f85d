import { Engine } from "../../src/engine/engine.ts";
import type { Backend, BackendInfo } from "../../src/backends/backend.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import type { Suite } from "../bench.ts";

const TOKENS = 32;

/** What the engine adds to the scheduler: streams, promises and clocks, on a device that takes no time. */
export default function (suite: Suite): void {
  for (const count of [32, 256]) {
    const engine = new Engine({ backend: instant(count) });
    const prompt = Int32Array.from({ length: 64 }, (_, i) => i);
    suite.add(
      `a token through the engine, ${count} streams of ${TOKENS} tokens, read at the end`,
      async () => {
        const streams = Array.from({ length: count }, (_, n) =>
          engine.submit({ promptTokenIds: prompt.map((id) => id + 64 * n), maxTokens: TOKENS }),
        );
        await Promise.all(streams.map((stream) => stream.completion()));
      },
      { opsPerCall: count * TOKENS },
    );
  }
}

/** A device whose steps are done at once. */
function instant(maxRequests: number): Backend {
  const info: BackendInfo = {
    name: "instant",
    blockCount: 8 * maxRequests,
    hostBlockCount: 0,
    blockSize: 16,
    maxTokens: 4096,
    maxRequests,
    contextLength: 1024,
    vocabSize: 50_000,
    bytesPerBlock: 0,
    groups: [{ window: null }],
  };
  const result: StepResult = { tokenIds: new Int32Array(maxRequests).fill(5) };
  return {
    info,
    lost: new Promise(() => {}),
    execute: (_plan: StepPlan) => Promise.resolve(result),
    readBlocks: async () => new Uint8Array(),
    writeBlocks: async () => {},
    dispose: async () => {},
  };
}
