/** Points of a timeline: as many as a plot shows. */
const MAX_POINTS = 256;

/** Seconds of a point at the beginning; doubled whenever the points do not suffice. */
const FIRST_SECONDS = 1 / 16;

/** Means over one stretch of time. */
export interface TimelinePoint {
  /** Begin, in seconds. */
  readonly at: number;
  readonly seconds: number;
  /** Share of blocks held. */
  readonly kvUse: number;
  readonly running: number;
  readonly waiting: number;
  /** Tokens a step, by what they are for. */
  readonly decodeTokens: number;
  readonly promptTokens: number;
  readonly preemptions: number;
}

const COLUMNS = [
  "busy",
  "kvUse",
  "running",
  "waiting",
  "steps",
  "decodeTokens",
  "promptTokens",
  "preemptions",
] as const;
type Column = (typeof COLUMNS)[number];

/**
 * What happened when, in at most `MAX_POINTS` points of equal length however long it takes: neighbours are joined when
 * they run out.
 */
export class Timeline {
  #seconds = FIRST_SECONDS;
  #used = 0;
  readonly #columns: Readonly<Record<Column, Float64Array>>;

  constructor() {
    this.#columns = Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(MAX_POINTS)])) as Record<
      Column,
      Float64Array
    >;
  }

  /** A step that began at `at` and took `seconds` counts for where it began. */
  add(
    at: number,
    seconds: number,
    step: {
      kvUse: number;
      running: number;
      waiting: number;
      decodeTokens: number;
      promptTokens: number;
      preemptions: number;
    },
  ): void {
    let point = Math.floor(at / this.#seconds);
    while (point >= MAX_POINTS) {
      this.#join();
      point = Math.floor(at / this.#seconds);
    }
    this.#used = Math.max(this.#used, point + 1);
    const columns = this.#columns;
    columns.busy[point] += seconds;
    columns.steps[point]++;
    columns.kvUse[point] += step.kvUse * seconds;
    columns.running[point] += step.running * seconds;
    columns.waiting[point] += step.waiting * seconds;
    columns.decodeTokens[point] += step.decodeTokens;
    columns.promptTokens[point] += step.promptTokens;
    columns.preemptions[point] += step.preemptions;
  }

  points(): TimelinePoint[] {
    return Array.from({ length: this.#used }, (_, point) => this.#pointAt(point));
  }

  #pointAt(point: number): TimelinePoint {
    const { busy, kvUse, running, waiting, steps, decodeTokens, promptTokens, preemptions } = this.#columns;
    const over = Math.max(busy[point], Number.MIN_VALUE);
    const count = Math.max(steps[point], 1);
    return {
      at: point * this.#seconds,
      seconds: this.#seconds,
      kvUse: kvUse[point] / over,
      running: running[point] / over,
      waiting: waiting[point] / over,
      decodeTokens: decodeTokens[point] / count,
      promptTokens: promptTokens[point] / count,
      preemptions: preemptions[point],
    };
  }

  #join(): void {
    this.#seconds *= 2;
    this.#used = Math.ceil(this.#used / 2);
    for (const name of COLUMNS) {
      const column = this.#columns[name];
      for (let point = 0; point < MAX_POINTS / 2; point++) column[point] = column[2 * point] + column[2 * point + 1];
      column.fill(0, MAX_POINTS / 2);
    }
  }
}
