/** Kinds of sizes: four to each power of two, up to 2^24 tokens. */
const KINDS = 4 * 24 + 1;

/** Samples kept of each kind: enough for a scatter, few enough to follow a device that gets warm. */
const DEPTH = 8;

/**
 * The last step times of each size, sizes within a fifth alike: a long run of equal steps does not push the others out.
 */
export class StepSamples {
  readonly #tokens = new Float64Array(KINDS * DEPTH);
  readonly #times = new Float64Array(KINDS * DEPTH);
  readonly #counts = new Int32Array(KINDS);

  add(tokens: number, time: number): void {
    const kind = kindOf(tokens);
    const at = kind * DEPTH + (this.#counts[kind]++ % DEPTH);
    this.#tokens[at] = tokens;
    this.#times[at] = time;
  }

  /** How many of about this size there have been. */
  countAt(tokens: number): number {
    return this.#counts[kindOf(tokens)];
  }

  /** What is kept. */
  all(): { tokens: number[]; times: number[] } {
    const tokens: number[] = [];
    const times: number[] = [];
    for (let kind = 0; kind < KINDS; kind++) {
      for (let i = 0; i < Math.min(DEPTH, this.#counts[kind]); i++) {
        tokens.push(this.#tokens[kind * DEPTH + i]);
        times.push(this.#times[kind * DEPTH + i]);
      }
    }
    return { tokens, times };
  }
}

function kindOf(tokens: number): number {
  return Math.min(KINDS - 1, Math.floor(4 * Math.log2(tokens)));
}
