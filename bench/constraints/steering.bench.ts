import { SyntheticTokens } from "../../src/backends/simulated/synthetic-tokens.ts";
import { MAX_PLANS_IN_FLIGHT } from "../../src/config.ts";
import { grammars } from "../../src/grammar/grammars.ts";
import type { RequestInput } from "../../src/request.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import type { TokenMask } from "../../src/token-mask.ts";
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
const grammarsOf = (whiteSpace: boolean) =>
  grammars({
    tokenizer: { tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : encoder.encode(id.toString(36))) },
    vocabSize: VOCAB_SIZE,
    whiteSpace,
  });

type Steering = Pick<RequestInput, "sampling" | "mask">;

/** A scheduler with 64 requests, of which `count` are steered, and a device. */
function setUp(count: number, steering: () => Steering) {
  const sizes = { blockCount: REQUESTS * 64, maxRequests: REQUESTS, tokenBudget: REQUESTS * PROMPT };
  const scheduler = new Scheduler({ ...sizes, vocabSize: VOCAB_SIZE, maxEditsPerStep: 2 * REQUESTS * PROMPT });
  for (let id = 0; id < REQUESTS; id++) {
    const promptTokenIds = Array.from({ length: PROMPT }, (_, i) => 1000 + PROMPT * id + i);
    scheduler.submit({ id, promptTokenIds, maxTokens: 400, ...(id < count ? steering() : {}) }, 0);
  }
  return { scheduler, device: new SyntheticTokens(VOCAB_SIZE, sizes.tokenBudget) };
}

/** Seconds of schedule and commit, sorted, where `count` of the decodes are steered. */
function times(count: number, steering: () => Steering): number[] {
  const { scheduler, device } = setUp(count, steering);
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

/** The share of the host's time in which a plan is in flight: the device works meanwhile. */
function hiddenShare(count: number, steering: () => Steering): number {
  const { scheduler, device } = setUp(count, steering);
  const flights: { plan: StepPlan; result: StepResult }[] = [];
  const spent = { hidden: 0, all: 0 };
  const spend = <T>(isHidden: boolean, work: () => T): T => {
    const start = performance.now();
    const result = work();
    const time = performance.now() - start;
    spent.all += time;
    if (isHidden) spent.hidden += time;
    return result;
  };
  for (let step = 0; step < STEPS; step++) {
    while (flights.length < MAX_PLANS_IN_FLIGHT) {
      const plan = spend(flights.length > 0, () => scheduler.schedule(step));
      if (plan === null) break;
      const { tokenIds } = device.sample(plan);
      flights.push({ plan, result: { tokenIds: tokenIds.slice() } });
    }
    const { plan, result } = flights.shift()!;
    spend(flights.length > 0, () => scheduler.commit(plan, result, step));
  }
  return spent.hidden / spent.all;
}

/** Steps of one answer under the schema; `forces`: what the schema forces is checked as drafts. */
function stepsUnderSchema(whiteSpace: boolean, forces: boolean): { steps: number; tokens: number } {
  const mask = grammarsOf(whiteSpace).mask({ type: "json_schema", schema: SCHEMA }, []);
  const scheduler = new Scheduler({ blockCount: 200, vocabSize: VOCAB_SIZE });
  const device = new SyntheticTokens(VOCAB_SIZE, scheduler.tokenBudget);
  const request = scheduler.submit(
    { id: 0, promptTokenIds: [1, 2, 3], maxTokens: 1000, mask: forces ? mask : new Unforced(mask) },
    0,
  );
  let steps = 0;
  for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0), steps++) {
    scheduler.commit(plan, device.sample(plan), 0);
  }
  return { steps, tokens: request.outputTokenCount };
}

/** The same mask, which forces nothing. */
class Unforced implements TokenMask {
  readonly #mask: TokenMask;
  constructor(mask: TokenMask) {
    this.#mask = mask;
  }
  get isDone(): boolean {
    return this.#mask.isDone;
  }
  fill(words: Int32Array): boolean {
    return this.#mask.fill(words);
  }
  accept(id: number): boolean {
    return this.#mask.accept(id);
  }
  rollback(count: number): void {
    this.#mask.rollback(count);
  }
  fork(): TokenMask {
    return new Unforced(this.#mask.fork());
  }
  forcedTokens(): readonly number[] {
    return [];
  }
}

/** Host time of a step of 64 decodes at vocabulary 128k, how much the device hides, and steps that forced text saves. */
export default function (): BenchRow[] {
  const masks = grammarsOf(true);
  const kinds: readonly (readonly [name: string, steering: () => Steering])[] = [
    ["with penalties on 500 tokens", () => ({ sampling: { repetitionPenalty: 1.1, frequencyPenalty: 0.5 } })],
    ["under a JSON schema", () => ({ mask: masks.mask({ type: "json_schema", schema: SCHEMA }, []) })],
  ];
  const hosts = kinds.flatMap(([name, steering]) =>
    [0, 8, REQUESTS].map((count) => {
      const seconds = times(count, steering);
      return {
        name: `schedule+commit, ${REQUESTS} decodes, ${count} ${name}`,
        medianSeconds: seconds[seconds.length >> 1],
        p99Seconds: seconds[Math.ceil(0.99 * seconds.length) - 1],
        samples: seconds.length,
        note: `${(100 * hiddenShare(count, steering)).toFixed(0)} % while the device works`,
      };
    }),
  );
  const saved = [true, false].map((whiteSpace) => {
    const [plain, forced] = [false, true].map((forces) => stepsUnderSchema(whiteSpace, forces));
    const steps = `${forced.steps} steps for ${forced.tokens} tokens, ${plain.steps} without forced drafts`;
    return { name: `an answer under a JSON schema, ${whiteSpace ? "with" : "without"} white space`, note: steps };
  });
  return [...hosts, ...saved];
}
