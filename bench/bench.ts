import { Bench, type FnOptions } from "tinybench";

/**
 * What bench authors write against. A `*.bench.ts` default-exports a `BenchFile`; `bench/README.md` has an example.
 * Nothing here asserts a time: a bench reports, and people (or a diff of two JSON files) judge.
 */
export type BenchFile = (suite: Suite) => BenchReturn | Promise<BenchReturn>;

/** Rows that a bench measured itself, or nothing. */
export type BenchReturn = void | readonly BenchRow[];

/** One line of the table. Seconds are of one operation. */
export interface BenchRow {
  /** Names the thing and its size: "schedule+commit, 256 decodes, staggered". */
  readonly name: string;
  /** Half of the samples took less; where only a ratio or a size was measured, leave times out and fill `note`. */
  readonly medianSeconds?: number;
  readonly p99Seconds?: number;
  /** How many samples the percentiles are of. */
  readonly samples?: number;
  /** What we want: "< 25 µs". */
  readonly aim?: string;
  /** What others take, with the source: "nano-vllm 127 µs". */
  readonly reference?: string;
  /** A measured number that is not a time: "1.92x of unpaged", "0 bytes a step". */
  readonly note?: string;
}

/** Hooks of tinybench (`beforeAll`, `beforeEach`, …) and what the table adds to a time. */
export interface TaskOptions extends FnOptions {
  /**
   * Operations that one call does; the row shows the time of one. Default 1. Loop inside `fn` where one takes below 1
   * µs.
   */
  readonly opsPerCall?: number;
  readonly aim?: string;
  readonly reference?: string;
}

/** How long a task is sampled after its warm-up. 500 ms hold some 10^4 samples of a 50 µs step, enough for a p99. */
const SAMPLE_MILLISECONDS = 500;

/** Fewest samples of a slow task: a median of fewer says little. */
const MIN_SAMPLES = 16;

/** The tasks and rows of one bench file, in the order added. */
export class Suite {
  readonly #bench: Bench;
  readonly #options = new Map<string, TaskOptions>();
  readonly #ratios: Ratio[] = [];

  constructor(sampleMilliseconds: number = SAMPLE_MILLISECONDS) {
    this.#bench = new Bench({
      time: sampleMilliseconds,
      warmupTime: sampleMilliseconds / 2,
      iterations: MIN_SAMPLES,
      throws: true,
    });
  }

  /**
   * Times `fn`, synchronous or asynchronous; it runs after the file's function has returned. Names are unique in a
   * file.
   */
  add(name: string, fn: () => unknown, options: TaskOptions = {}): this {
    this.#options.set(name, options);
    this.#bench.add(name, fn, options);
    return this;
  }

  /** Adds a row with the quotient of two tasks' medians: `ratio("paged / unpaged", "paged", "unpaged")`. */
  ratio(
    name: string,
    numerator: string,
    denominator: string,
    options: Pick<TaskOptions, "aim" | "reference"> = {},
  ): this {
    this.#ratios.push({ name, numerator, denominator, options });
    return this;
  }

  /** Runs what was added. Throws what a task throws. */
  async run(): Promise<BenchRow[]> {
    await this.#bench.run();
    const rows = this.#bench.tasks.map((task) => {
      const { result } = task;
      if (result.state !== "completed") throw new Error(`bench "${task.name}" ended as ${result.state}`);
      return toRow(task.name, result.latency, this.#options.get(task.name) ?? {});
    });
    return [...rows, ...this.#ratios.map((ratio) => toRatioRow(ratio, rows))];
  }
}

interface Ratio {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly options: Pick<TaskOptions, "aim" | "reference">;
}

function toRatioRow({ name, numerator, denominator, options }: Ratio, rows: readonly BenchRow[]): BenchRow {
  const median = (task: string): number => {
    const row = rows.find((each) => each.name === task);
    if (row?.medianSeconds === undefined) {
      throw new Error(`ratio "${name}" names the task "${task}", which was not added`);
    }
    return row.medianSeconds;
  };
  const { aim, reference } = options;
  return { name, note: `${(median(numerator) / median(denominator)).toFixed(2)}x`, aim, reference };
}

/** Milliseconds a call to a row of seconds an operation. */
function toRow(
  name: string,
  latency: { p50: number; p99: number; samplesCount: number },
  options: TaskOptions,
): BenchRow {
  const scale = 1e-3 / (options.opsPerCall ?? 1);
  return {
    name,
    medianSeconds: latency.p50 * scale,
    p99Seconds: latency.p99 * scale,
    samples: latency.samplesCount,
    aim: options.aim,
    reference: options.reference,
  };
}
