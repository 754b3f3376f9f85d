import { cellsOf, numberIn, shown } from "./row-fields.ts";

export const RATES_HEADER = "client,window_start_s,rate_rps,cv,arrival,param1,param2";

/** How one client's requests come in one window. */
export interface RateWindow {
  readonly client: number;
  readonly startSeconds: number;
  /** Requests a second. */
  readonly rate: number;
  /** Law of the gaps between requests; their mean is 1 / rate. */
  readonly law: "Gamma" | "Weibull" | "";
  /** Of that law. */
  readonly shape: number;
}

/** How long one client's requests are in one window of six hours; empty where nothing was seen. */
export interface LengthWindow {
  readonly client: number;
  readonly startSeconds: number;
  readonly prompts: DiscreteLengths;
  readonly outputs: DiscreteLengths;
}

/** Lengths with their probabilities, cumulative. */
export class DiscreteLengths {
  readonly #lengths: Int32Array;
  readonly #cumulative: Float64Array;

  /** Pairs of a length >= 1 and a weight >= 0; weights are scaled to 1. */
  constructor(pairs: readonly (readonly [length: number, weight: number])[]) {
    this.#lengths = Int32Array.from(pairs, ([length]) => length);
    this.#cumulative = new Float64Array(pairs.length);
    let sum = 0;
    for (const [i, [, weight]] of pairs.entries()) this.#cumulative[i] = sum += weight;
  }

  get empty(): boolean {
    return this.#lengths.length === 0;
  }

  /** The length at the share `u` in (0, 1] of the weights. O(log n). */
  at(u: number): number {
    const wanted = u * this.#cumulative[this.#cumulative.length - 1];
    let low = 0;
    let high = this.#lengths.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#cumulative[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#lengths[low];
  }
}

/** A row of ServeGen's rates. Gaps have the shape of the law that was fitted; its scale follows from the rate. */
export function parseRates(line: string): RateWindow {
  const [client, start, rate, , law, shape] = cellsOf(line, 7);
  if (law !== "Gamma" && law !== "Weibull" && law !== "") {
    throw new Error(`arrival must be Gamma, Weibull or empty, got ${shown(law)}`);
  }
  return {
    client: numberIn("client", client, 0),
    startSeconds: numberIn("window_start_s", start, 0),
    rate: numberIn("rate_rps", rate, 0),
    law,
    shape: law === "" ? 1 : numberIn("param1", shape, Number.MIN_VALUE),
  };
}

/** A row of ServeGen's lengths. */
export function parseLengths(line: string): LengthWindow {
  const row = JSON.parse(line) as Record<string, unknown>;
  return {
    client: numberIn("client", row["client"], 0),
    startSeconds: numberIn("window_start_s", row["window_start_s"], 0),
    prompts: lengthsOf("input_tokens", row["input_tokens"]),
    outputs: lengthsOf("output_tokens", row["output_tokens"]),
  };
}

function lengthsOf(name: string, value: unknown): DiscreteLengths {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${name} must be an object of lengths, got ${shown(value)}`);
  }
  const pairs = Object.entries(value).map(
    ([length, weight]) => [Math.max(1, numberIn(name, length, 0)), numberIn(name, weight, 0)] as const,
  );
  return new DiscreteLengths(pairs);
}
