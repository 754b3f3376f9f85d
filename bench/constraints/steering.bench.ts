import { SyntheticTokens } from "../../src/backends/simulated/synthetic-tokens.ts";
import { grammars } from "../../src/grammar/grammars.ts";
import type { RequestInput } from "../../src/request.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { BenchRow } from "../bench.ts";

/** About Llama 3's vocabulary. */
const VOCAB_SIZE = 131_072;
const REQUESTS = 64;
const PROMPT = 500;
const STEPS = 150;

const SCHEMA = {
  type: "array",
  minItems: 400,
  items: {
    type: "object",
    properties: { name: { type: "string", maxLength: 8 }, age: { type: "integer", minimum: 0, maximum: 99 } },
    required: ["name", "age"],
    additionalProperties: false,
  },
};

const encoder = new TextEncoder();
const masks = grammars({
  tokenizer: { tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : encoder.encode(id.toString(36))) },
  vocabSize: VOCAB_SIZE,
});

type Steering = Pick<RequestInput, "sampling" | "mask">;

/** Seconds of schedule and commit, sorted, where `count` of the decodes are steered. */
function times(count: number, steering: () => Steering): number[] {
  const sizes = { blockCount: REQUESTS * 64, maxRequests: REQUESTS, tokenBudget: REQUESTS * PROMPT };
  const scheduler = new Scheduler({ ...sizes, vocabSize: VOCAB_SIZE, maxEditsPerStep: 2 * REQUESTS * PROMPT });
  const device = new SyntheticTokens(VOCAB_SIZE, sizes.tokenBudget);
  for (let id = 0; id < REQUESTS; id++) {
    const promptTokenIds = Array.from({ length: PROMPT }, (_, i) => 1000 + PROMPT * id + i);
    scheduler.submit({ id, promptTokenIds, maxTokens: 400, ...(id < count ? steering() : {}) }, 0);
  }
  const seconds: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const start = performance.now();
    const plan = scheduler.schedule(step)!;
    const planned = performance.now();
    const result = device.sample(plan);
    const sampled = performance.now();
    scheduler.commit(plan, result, step);
    if (step > STEPS / 3) seconds.push((planned - start + performance.now() - sampled) / 1000);
  }
  return seconds.toSorted((a, b) => a - b);
}

/** Host time of a step of 64 decodes at vocabulary 128k: what a device's step has to hide. */
export default function (): BenchRow[] {
  const kinds: readonly (readonly [name: string, steering: () => Steering])[] = [
    ["with penalties on 500 tokens", () => ({ sampling: { repetitionPenalty: 1.1, frequencyPenalty: 0.5 } })],
    ["under a JSON schema", () => ({ mask: masks.mask({ type: "json_schema", schema: SCHEMA }, []) })],
  ];
  return kinds.flatMap(([name, steering]) =>
    [0, 8, REQUESTS].map((count) => {
      const seconds = times(count, steering);
      return {
        name: `schedule+commit, ${REQUESTS} decodes, ${count} ${name}`,
        medianSeconds: seconds[seconds.length >> 1],
        p99Seconds: seconds[Math.ceil(0.99 * seconds.length) - 1],
        samples: seconds.length,
      };
    }),
  );
}
