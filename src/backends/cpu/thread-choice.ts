/** Steps of a size between two trials of the other number of threads. */
const TRIAL_EVERY = 64;

/** Steps of a trial: one alone is at the mercy of whatever else the machine does. */
const TRIAL_STEPS = 3;

/** Weight of the newest step in a mean. */
const NEWEST = 0.2;

/** What is known of steps of about one size. */
interface Experience {
  /** Mean seconds a token, alone and with all threads; null while unknown. */
  readonly means: [alone: number | null, together: number | null];
  steps: number;
}

/**
 * How many threads share a step: all, or one where meetings cost more than they save, as on a machine that runs both
 * threads on one core for a while. Steps of a size (a power of two of tokens) are measured, and the other number is
 * tried every 64 of them. Bits do not depend on it.
 */
export class ThreadChoice {
  readonly #all: number;
  readonly #now: () => number;
  readonly #experience = new Map<number, Experience>();
  /** Steps in flight, in order. */
  readonly #pending: { readonly tokens: number; readonly threads: number }[] = [];
  #last = 0;

  /** `now` in seconds. */
  constructor(all: number, now: () => number) {
    this.#all = all;
    this.#now = now;
  }

  /** The number of threads for the next step. */
  choose(tokens: number): number {
    const threads = this.#all <= 1 ? this.#all : this.#decide(tokens);
    if (this.#pending.length === 0) this.#last = this.#now();
    this.#pending.push({ tokens, threads });
    return threads;
  }

  /** The oldest step in flight is done: it took from the end of the one before it, or from when it was issued. */
  done(): void {
    const step = this.#pending.shift();
    const now = this.#now();
    const seconds = now - this.#last;
    this.#last = now;
    if (step === undefined || this.#all <= 1) return;
    const { means } = this.#of(step.tokens);
    const which = step.threads === 1 ? 0 : 1;
    const perToken = seconds / step.tokens;
    means[which] = means[which] === null ? perToken : means[which] + NEWEST * (perToken - means[which]);
  }

  #decide(tokens: number): number {
    const experience = this.#of(tokens);
    const [alone, together] = experience.means;
    const usual = alone !== null && together !== null && alone < together ? 1 : this.#all;
    const isTrial = experience.steps++ % TRIAL_EVERY >= TRIAL_EVERY - TRIAL_STEPS;
    return isTrial ? (usual === 1 ? this.#all : 1) : usual;
  }

  #of(tokens: number): Experience {
    const size = Math.ceil(Math.log2(tokens));
    const known = this.#experience.get(size);
    if (known !== undefined) return known;
    const fresh: Experience = { means: [null, null], steps: 0 };
    this.#experience.set(size, fresh);
    return fresh;
  }
}
