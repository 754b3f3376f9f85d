import { numberOption } from "../../option-checks.ts";
import type { Arrival, Workload } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { type LengthOptions, Lengths } from "./lengths.ts";
import { Pending } from "./pending.ts";
import { ARRIVAL_STREAM, CHOICE_STREAM, THINK_STREAM } from "./streams.ts";

export interface SessionOptions extends LengthOptions {
  /** Mean turns a second of all sessions together, if no answer is delayed. Default 1. */
  readonly rate?: number;
  /** Mean turns of a session, geometric. Default 4. */
  readonly turns?: number;
  /** Mean time between an answer and the next turn, exponential. Default 10. */
  readonly thinkSeconds?: number;
  readonly seed: number;
}

/** A turn that is to come: what was said before, or null for a session's first. */
type Turn = Int32Array | null;

/**
 * Conversations: sessions begin as a Poisson process; each turn's prompt is all that was said before, the answers
 * included, and a new piece. A turn that was refused or timed out ends its session. Endless.
 */
export class Sessions implements Workload {
  readonly starved = false;
  readonly #lengths: Lengths;
  readonly #arrivals: RandomStream;
  readonly #choices: RandomStream;
  readonly #thoughts: RandomStream;
  readonly #meanGap: number;
  readonly #stopChance: number;
  readonly #thinkSeconds: number;
  readonly #turns = new Pending<Turn>();
  #nextSession: number;

  constructor(options: SessionOptions) {
    const turns = Math.max(1, numberOption("turns", options.turns ?? 4, { above: 0 }));
    this.#lengths = new Lengths(options, options.seed);
    this.#arrivals = new RandomStream(options.seed, ARRIVAL_STREAM);
    this.#choices = new RandomStream(options.seed, CHOICE_STREAM);
    this.#thoughts = new RandomStream(options.seed, THINK_STREAM);
    this.#meanGap = turns / numberOption("rate", options.rate ?? 1, { above: 0 });
    this.#stopChance = 1 / turns;
    this.#thinkSeconds = numberOption("thinkSeconds", options.thinkSeconds ?? 10, { least: 0 });
    this.#nextSession = this.#arrivals.exponential(this.#meanGap);
  }

  get nextAt(): number {
    return Math.min(this.#nextSession, this.#turns.nextAt);
  }

  take(): Arrival {
    const at = this.nextAt;
    const history = this.#turns.nextAt <= this.#nextSession ? this.#turns.take() : this.#begin();
    const own = this.#lengths.prompt();
    const base = { at, promptTokens: own, outputTokens: this.#lengths.output() };
    return history === null ? base : { ...base, promptTokens: history.length + own, history };
  }

  /** Never starved: there is nothing to read. */
  async refill(): Promise<void> {}

  ended(_arrival: Arrival, tokens: Int32Array | null, now: number): void {
    if (tokens === null || this.#choices.uniform() <= this.#stopChance) return;
    const think = this.#thinkSeconds === 0 ? 0 : this.#thoughts.exponential(this.#thinkSeconds);
    this.#turns.add(now + think, tokens.slice());
  }

  #begin(): Turn {
    this.#nextSession += this.#arrivals.exponential(this.#meanGap);
    return null;
  }
}
