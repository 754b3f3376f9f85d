import type { SamplingParams } from "../sampling-params.ts";
import type { StepPlan } from "../step.ts";
import { allowInMask, maskAllows, maskWordCount, type TokenMask } from "../token-mask.ts";

/** Ids that steered requests of a `ContextDevice` choose from, beside the one that the context gives. */
export const STEERED_IDS = 8;

/** Ids that requests ban: no mask allows these alone. */
export const BANNED_IDS: readonly number[] = [2, 9];

/** What steers one request of a drive. */
export interface DrivenSteering {
  readonly sampling: Partial<SamplingParams>;
  /** Seed of a `HashMask`; null for no mask. */
  readonly maskSeed: number | null;
}

/** What becomes of a logit. */
type EditOf = (tokenId: number, logit: number) => number;

/**
 * The token with the largest logit, of equal ones the lowest. The context's own token has 1, each of the ids below
 * `STEERED_IDS` a number in (-1, 1) that depends on it, all others -2. All are multiples of 1/256, so that float32 and
 * float64 agree.
 */
function choose(own: number, candidates: Iterable<number>, edited: EditOf, allowed: (id: number) => boolean): number {
  let best = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (const id of new Set([own, ...candidates, ...Array.from({ length: 64 }, (_, i) => i)])) {
    if (!allowed(id)) continue;
    const x = edited(id, logitOf(own, id));
    if (x > largest || (x === largest && id < best)) [best, largest] = [id, x];
  }
  return best;
}

function logitOf(own: number, id: number): number {
  if (id === own) return 1;
  return id < STEERED_IDS ? ((Math.imul(own + 1, 0x9e3779b1) >>> (id + 8)) % 511) / 256 - 255 / 256 : -2;
}

/** The token of a plan's sample, where its context gives `own`. */
export function steeredSample(own: number, plan: StepPlan, sample: number): number {
  const { edits, editCount, maskRows, maskCount, maskWords } = plan;
  const place = maskRows.subarray(0, maskCount).indexOf(sample);
  const [from, until] = editCount === 0 ? [0, 0] : [edits.indptr[sample], edits.indptr[sample + 1]];
  if (place < 0 && from === until) return own;
  const places = new Map(Array.from({ length: until - from }, (_, i) => [edits.tokenIds[from + i], from + i]));
  const words = maskWordCount(VOCABULARY);
  const mask = maskWords.subarray(place * words, (place + 1) * words);
  const edited: EditOf = (id, logit) => {
    const at = places.get(id);
    if (at === undefined) return logit;
    const x = Math.fround(logit + edits.bias[at]);
    return Math.fround(Math.fround(x > 0 ? x / edits.scale[at] : x * edits.scale[at]) - edits.penalty[at]);
  };
  return choose(own, places.keys(), edited, (id) => place < 0 || maskAllows(mask, id));
}

/** The same token written out from the request's own tokens, in float64. */
export function steeredToken(
  own: number,
  { sampling, maskSeed }: DrivenSteering,
  request: {
    readonly prompt: readonly number[];
    readonly output: readonly number[];
    readonly stops: readonly number[];
  },
): number {
  const { prompt, output, stops } = request;
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, minTokens = 0 } = sampling;
  const { logitBias = {}, badTokenIds = [] } = sampling;
  const edited: EditOf = (id, logit) => {
    const isShort = output.length < minTokens && stops.includes(id);
    if (isShort || badTokenIds.includes(id)) return Number.NEGATIVE_INFINITY;
    let x = logit + (logitBias[id] ?? 0);
    if (prompt.includes(id) || output.includes(id)) x = x > 0 ? x / repetitionPenalty : x * repetitionPenalty;
    const times = output.filter((each) => each === id).length;
    return x - times * frequencyPenalty - (times > 0 ? presencePenalty : 0);
  };
  const allowed = maskSeed === null ? null : allowedAfter(maskSeed, output);
  const candidates = [...Object.keys(logitBias).map(Number), ...badTokenIds, ...stops, ...prompt, ...output];
  return choose(own, candidates, edited, (id) => allowed?.has(id) ?? true);
}

/** Ids of a `ContextDevice`'s made-up vocabulary. */
export const VOCABULARY = 50_021;

/** What a `HashMask` allows behind these tokens: some of the first ids, at times one alone. */
function allowedAfter(seed: number, output: readonly number[]): ReadonlySet<number> {
  let state = seed;
  for (const id of output) state = Math.imul(state ^ (id + 1), 0x5bd1e995) + (state >>> 15);
  const drawn = (state >>> 3) % (2 * STEERED_IDS);
  const only = BANNED_IDS.includes(drawn) ? drawn + 1 : drawn;
  const ids = state % 3 === 0 ? [] : Array.from({ length: 2 * STEERED_IDS }, (_, id) => id);
  return new Set([only, ...ids.filter((id) => ((state >>> (id % 24)) & 1) === 1)]);
}

/** A mask that depends on all tokens accepted, and on their order. `forces`: it says what is alone allowed. */
export class HashMask implements TokenMask {
  readonly isDone = false;
  readonly #seed: number;
  readonly #forces: boolean;
  readonly #accepted: number[];

  constructor(seed: number, forces: boolean, accepted: readonly number[] = []) {
    this.#seed = seed;
    this.#forces = forces;
    this.#accepted = [...accepted];
  }

  fill(words: Int32Array): boolean {
    words.fill(0);
    for (const id of allowedAfter(this.#seed, this.#accepted)) allowInMask(words, id);
    return true;
  }

  accept(id: number): boolean {
    if (!allowedAfter(this.#seed, this.#accepted).has(id)) return false;
    this.#accepted.push(id);
    return true;
  }

  rollback(count: number): void {
    if (count > this.#accepted.length) throw new Error(`${count} ids are forgotten of ${this.#accepted.length}`);
    this.#accepted.length -= count;
  }

  fork(): TokenMask {
    return new HashMask(this.#seed, this.#forces, this.#accepted);
  }

  forcedTokens(limit: number): readonly number[] {
    const forced: number[] = [];
    while (this.#forces && forced.length < limit) {
      const allowed = allowedAfter(this.#seed, [...this.#accepted, ...forced]);
      if (allowed.size > 1) break;
      forced.push(...allowed);
    }
    return forced;
  }
}
