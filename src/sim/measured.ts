import type { Arrival } from "./arrival.ts";
import { Distribution, type DistributionSummary } from "./distribution.ts";

/** What a server measured of the requests that a run replays: the keys of the simulated figures. Seconds. */
export interface MeasuredSummary {
  /** Requests with measured times. */
  readonly requests: number;
  /** From the first arrival to the last token. */
  readonly durationSeconds: number;
  readonly throughput: {
    readonly requestsPerSecond: number;
    readonly outputTokensPerSecond: number;
    readonly totalTokensPerSecond: number;
  };
  readonly ttftSeconds: DistributionSummary;
  readonly tpotSeconds: DistributionSummary;
  readonly e2eSeconds: DistributionSummary;
}

/** Collects what a recording has measured, of the requests that were taken from it. */
export class MeasuredRequests {
  requests = 0;
  readonly #ttft = new Distribution();
  readonly #tpot = new Distribution();
  readonly #e2e = new Distribution();
  #outputTokens = 0;
  #promptTokens = 0;
  #firstAt = Number.POSITIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** An arrival without measured times counts for nothing. */
  add({ at, promptTokens, outputTokens, measured }: Arrival): void {
    if (measured === undefined) return;
    const { ttftSeconds, e2eSeconds } = measured;
    this.requests++;
    this.#ttft.add(ttftSeconds);
    this.#e2e.add(e2eSeconds);
    if (outputTokens > 1) this.#tpot.add((e2eSeconds - ttftSeconds) / (outputTokens - 1));
    this.#outputTokens += outputTokens;
    this.#promptTokens += promptTokens;
    this.#firstAt = Math.min(this.#firstAt, at);
    this.#lastAt = Math.max(this.#lastAt, at + e2eSeconds);
  }

  /** Adds what another one collected. */
  merge(other: MeasuredRequests): void {
    this.requests += other.requests;
    this.#ttft.merge(other.#ttft);
    this.#tpot.merge(other.#tpot);
    this.#e2e.merge(other.#e2e);
    this.#outputTokens += other.#outputTokens;
    this.#promptTokens += other.#promptTokens;
    this.#firstAt = Math.min(this.#firstAt, other.#firstAt);
    this.#lastAt = Math.max(this.#lastAt, other.#lastAt);
  }

  summary(): MeasuredSummary {
    const seconds = this.requests === 0 ? 0 : this.#lastAt - this.#firstAt;
    const rate = (count: number): number => (seconds === 0 ? 0 : count / seconds);
    return {
      requests: this.requests,
      durationSeconds: seconds,
      throughput: {
        requestsPerSecond: rate(this.requests),
        outputTokensPerSecond: rate(this.#outputTokens),
        totalTokensPerSecond: rate(this.#outputTokens + this.#promptTokens),
      },
      ttftSeconds: this.#ttft.summary(),
      tpotSeconds: this.#tpot.summary(),
      e2eSeconds: this.#e2e.summary(),
    };
  }
}
