import { Sampler } from "../../src/sampling/index.ts";
import { makePlan } from "../../src/testing/index.ts";
import type { SamplingParams } from "../../src/sampling-params.ts";
import type { Suite } from "../bench.ts";

/** Llama 2's vocabulary. */
const VOCAB_SIZE = 32_000;

const OPTIONS: Readonly<Record<string, Partial<SamplingParams>>> = {
  greedy: {},
  "temperature 1": { temperature: 1 },
  "top-k 50": { temperature: 1, topK: 50 },
  "top-p 0.9": { temperature: 1, topP: 0.9 },
  "min-p 0.05": { temperature: 1, minP: 0.05 },
};

export default function (suite: Suite): void {
  const logits = new Float32Array(VOCAB_SIZE).map((_, i) => 4 * Math.sin(i * i));
  const sampler = new Sampler(VOCAB_SIZE);
  for (const [name, sampling] of Object.entries(OPTIONS)) {
    const row = { slot: 0, tokenIds: [0], position: 0, tables: [[1]], sampled: [0], sampling };
    const columns = makePlan(0, 1, [row]).sampling;
    let position = 0;
    suite.add(`sample of ${VOCAB_SIZE}, ${name}`, () => sampler.sample(logits, columns, 0, position++));
  }
}
