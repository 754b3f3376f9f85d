import { integerOption, numberOption } from "../../option-checks.ts";
import { InvalidOptionError } from "../../errors.ts";
import type { Arrival, Workload } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { type LengthOptions, Lengths } from "./lengths.ts";
import { Pending } from "./pending.ts";
import { THINK_STREAM } from "./streams.ts";

export interface ClosedLoopOptions extends LengthOptions {
  /** Users, each with one request at a time. Default 16. */
  readonly concurrency?: number;
  /** Mean time between an answer and the user's next request, exponential. Default 0. */
  readonly thinkSeconds?: number;
  readonly seed: number;
}

/** Most users: each waits in the scheduler's queue at the start, 2^17 of them with some 60 MB of records. */
export const MAX_USERS = 2 ** 17;

/**
 * A fixed number of users; each waits for an answer before the next request: throughput at a given concurrency.
 * Endless.
 */
export class ClosedLoop implements Workload {
  readonly starved = false;
  readonly sharesPrefixes = false;
  readonly #lengths: Lengths;
  readonly #random: RandomStream;
  readonly #thinkSeconds: number;
  readonly #ready = new Pending<string>();

  constructor(options: ClosedLoopOptions) {
    this.#lengths = new Lengths(options, options.seed);
    this.#random = new RandomStream(options.seed, THINK_STREAM);
    this.#thinkSeconds = numberOption("thinkSeconds", options.thinkSeconds ?? 0, { least: 0 });
    const users = integerOption("concurrency", options.concurrency ?? 16, { least: 1 });
    if (users > MAX_USERS) {
      throw new InvalidOptionError(`concurrency must be an integer from 1 to ${MAX_USERS}, got ${users}`);
    }
    for (let user = 0; user < users; user++) this.#ready.add(this.#think(), `user ${user}`);
  }

  get nextAt(): number {
    return this.#ready.nextAt;
  }

  take(): Arrival {
    const at = this.#ready.nextAt;
    return {
      at,
      promptTokens: this.#lengths.prompt(),
      outputTokens: this.#lengths.output(),
      client: this.#ready.take(),
    };
  }

  /** Never starved: there is nothing to read. */
  async refill(): Promise<void> {}

  ended(arrival: Arrival, _tokens: Int32Array | null, now: number): void {
    this.#ready.add(now + this.#think(), arrival.client ?? "");
  }

  #think(): number {
    return this.#thinkSeconds === 0 ? 0 : this.#random.exponential(this.#thinkSeconds);
  }
}
