import type { Arrival, Workload } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { Pending } from "../workloads/pending.ts";
import type { LengthWindow, RateWindow } from "./serve-gen-tables.ts";

/** Seconds of a window of rates. */
const WINDOW_SECONDS = 600;

/** Each client has a random stream of its own, apart from the streams of other workloads. */
const FIRST_CLIENT_STREAM = 1024;

/** Gamma function (Lanczos, g = 7, nine terms: 15 digits): the mean of a Weibull law needs it. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

export function gammaFunction(x: number): number {
  const t = x + 6.5;
  const sum = LANCZOS.reduce((total, term, i) => (i === 0 ? term : total + term / (x - 1 + i)), 0);
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * sum;
}

interface Client {
  readonly name: string;
  readonly random: RandomStream;
  readonly windows: RateWindow[];
  readonly lengths: readonly LengthWindow[];
  window: number;
}

/**
 * ServeGen: many clients, each with its own rates in windows of ten minutes and lengths in windows of six hours.
 * Clients without lengths are left out, and the others' rates scaled so that all together keep each window's total. A
 * client's window without lengths uses the lengths of the window before it, or else of the first window after it.
 * Source: ServeGen (arXiv 2505.09999), alibaba/ServeGen.
 */
export class ServeGen implements Workload {
  readonly starved = false;
  readonly sharesPrefixes = false;
  readonly #next = new Pending<Client>();
  /** By window: total rate over the rate of clients with lengths. */
  readonly #scale = new Map<number, number>();

  constructor(rates: readonly RateWindow[], lengths: readonly LengthWindow[], seed: number) {
    const usable = lengths.filter(({ prompts, outputs }) => !prompts.empty && !outputs.empty);
    const lengthsOf = groupBy(
      usable.toSorted((a, b) => a.startSeconds - b.startSeconds),
      ({ client }) => client,
    );
    for (const [start, rows] of groupBy(rates, ({ startSeconds }) => startSeconds)) {
      const known = sumOfRates(rows.filter(({ client }) => lengthsOf.has(client)));
      this.#scale.set(start, known === 0 ? 0 : sumOfRates(rows) / known);
    }
    for (const [client, rows] of groupBy(rates, (row) => row.client)) {
      const own = lengthsOf.get(client);
      if (own !== undefined) {
        this.#open({
          name: `client ${client}`,
          random: new RandomStream(seed, FIRST_CLIENT_STREAM + client),
          windows: rows,
          lengths: own,
          window: 0,
        });
      }
    }
  }

  get nextAt(): number {
    return this.#next.nextAt;
  }

  take(): Arrival {
    const at = this.#next.nextAt;
    const client = this.#next.take();
    const lengths = client.lengths.findLast(({ startSeconds }) => startSeconds <= at) ?? client.lengths[0];
    const arrival = {
      at,
      promptTokens: lengths.prompts.at(client.random.uniform()),
      outputTokens: lengths.outputs.at(client.random.uniform()),
      client: client.name,
    };
    this.#schedule(client, at);
    return arrival;
  }

  /** Never starved: its tables are read. */
  async refill(): Promise<void> {}

  #open(client: Client): void {
    client.windows.sort((a, b) => a.startSeconds - b.startSeconds);
    this.#schedule(client, client.windows[0].startSeconds);
  }

  /** The client's next request after `from`: a gap that leaves its window is drawn anew in the next one. */
  #schedule(client: Client, from: number): void {
    let start = from;
    for (; client.window < client.windows.length; client.window++) {
      const window = client.windows[client.window];
      const at = Math.max(start, window.startSeconds) + this.#gap(client.random, window);
      if (at < window.startSeconds + WINDOW_SECONDS) {
        this.#next.add(at, client);
        return;
      }
      start = window.startSeconds + WINDOW_SECONDS;
    }
  }

  #gap(random: RandomStream, window: RateWindow): number {
    const rate = window.rate * (this.#scale.get(window.startSeconds) ?? 0);
    if (rate === 0) return Number.POSITIVE_INFINITY;
    if (window.law === "Gamma") return random.gamma(window.shape, 1 / rate);
    return random.weibull(window.shape, 1 / rate / gammaFunction(1 + 1 / window.shape));
  }
}

function sumOfRates(rows: readonly RateWindow[]): number {
  return rows.reduce((sum, { rate }) => sum + rate, 0);
}

/** `Map.groupBy`, which Node 20 lacks. */
function groupBy<T>(rows: readonly T[], keyOf: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
