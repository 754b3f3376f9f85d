import { assert } from "../../assert.ts";
import type { Backend } from "../../backends/backend.ts";
import { uniform } from "../../sampling/index.ts";
import type { PlanDriver, Sample, Sequence, Share } from "../plan-driver.ts";

/** Token ids that look random and are the same on every machine. */
export function prompt(backend: Backend, length: number, seed: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(uniform(seed, 0, 0, i) * backend.info.vocabSize));
}

/** Samples of one sequence, by position: one after every token that was computed. */
export type Transcript = readonly Sample[];

/** How a transcript is made. */
export interface Pace {
  /** Most tokens of a sequence in a step. */
  readonly chunk: number;
  /** Tokens to sample and append to each sequence. */
  readonly newTokens: number;
}

/**
 * Computes the sequences together, each at most `chunk` tokens a step and all within the step limit, until each has
 * `newTokens` more tokens than it began with; every row is sampled, so that every logit is seen.
 */
export async function transcribe(
  driver: PlanDriver,
  sequences: readonly Sequence[],
  { chunk, newTokens }: Pace,
): Promise<Transcript[]> {
  const lengths = new Map(sequences.map((sequence) => [sequence, sequence.tokenIds.length + newTokens]));
  const transcripts = new Map<Sequence, Sample[]>(sequences.map((sequence) => [sequence, []]));
  for (;;) {
    const unfinished = sequences.filter((sequence) => sequence.tokenIds.length < (lengths.get(sequence) ?? 0));
    if (unfinished.length === 0) return [...transcripts.values()];
    const samples = await driver.step(chunkShares(unfinished, chunk, driver.backend.info.maxTokens));
    for (const sample of samples) transcripts.get(sample.sequence)?.push(sample);
  }
}

function chunkShares(sequences: readonly Sequence[], chunk: number, budget: number): Share[] {
  const shares: Share[] = [];
  let left = budget;
  for (const sequence of sequences) {
    const count = Math.min(chunk, left, sequence.tokenIds.length - sequence.computedCount);
    if (count > 0) shares.push({ sequence, count, sample: "all" });
    left -= count;
  }
  return shares;
}

/** What `tokenIds`, computed from nothing, and the tokens after them give; only the last `samples` samples. */
export async function fromScratch(
  driver: PlanDriver,
  tokenIds: readonly number[],
  newTokens: number,
  samples: number,
): Promise<Transcript> {
  const sequence = driver.start(tokenIds);
  const [transcript] = await transcribe(driver, [sequence], { chunk: tokenIds.length, newTokens });
  driver.finish(sequence);
  return transcript.slice(-samples);
}

/** The same ids and, where logits are kept, the same bits. */
export function expectSame(actual: Transcript, expected: Transcript, what: string): void {
  assert(actual.length === expected.length, () => `${what}: ${actual.length} samples, not ${expected.length}`);
  for (const [i, sample] of actual.entries()) {
    expectSameBits(sample, expected[i], what);
    const [id, wanted] = [sample.tokenId, expected[i].tokenId];
    assert(id === wanted, () => `${what}: the token at position ${sample.position} is ${id}, not ${wanted}`);
  }
}

function expectSameBits(actual: Sample, expected: Sample, what: string): void {
  if (actual.logits === null || expected.logits === null) return;
  const bits = new Int32Array(actual.logits.buffer);
  const wanted = new Int32Array(expected.logits.buffer);
  const id = bits.findIndex((word, i) => word !== wanted[i]);
  assert(
    id < 0,
    () =>
      `${what}: the logit of ${id} for position ${actual.position} is ${actual.logits?.[id]}, ` +
      `not ${expected.logits?.[id]}`,
  );
}

/** Every logit within `tolerance`. */
export function expectClose(actual: Transcript, expected: Transcript, tolerance: number, what: string): void {
  for (const [i, { logits, position }] of actual.entries()) {
    const wanted = expected[i].logits;
    if (logits === null || wanted === null) continue;
    const id = logits.findIndex((logit, token) => !(Math.abs(logit - wanted[token]) <= tolerance));
    assert(
      id < 0,
      () =>
        `${what}: the logit of ${id} for position ${position} is ${logits[id]}, ` +
        `more than ${tolerance} from ${wanted[id]}`,
    );
  }
}
