import type { Arrival, Workload } from "../arrival.ts";
import { azure } from "./azure.ts";
import { mooncake } from "./mooncake.ts";
import type { RowFormat } from "./row-format.ts";
import { shown } from "./row-fields.ts";
import { shareGpt } from "./share-gpt.ts";
import { TextLines } from "./text-lines.ts";
import { TraceError } from "./trace-error.ts";

const FORMATS: readonly RowFormat[] = [azure, mooncake, shareGpt];

/**
 * The requests of a trace, read as they are needed: memory holds one chunk of text and its rows. The first row's time is 0.
 * `refill` rejects with a `TraceError` that names file and line.
 */
export class TraceWorkload implements Workload {
  readonly #name: string;
  readonly #chunks: AsyncIterator<string>;
  #format: RowFormat | null = null;
  #rows: Arrival[] = [];
  #next = 0;
  #ended = false;
  readonly #lines = new TextLines();
  #origin: number | null = null;
  #previous = 0;

  /** `chunks` are pieces of the text, cut anywhere; `name` names the trace in complaints. */
  constructor(name: string, chunks: AsyncIterable<string>) {
    this.#name = name;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  get starved(): boolean {
    return !this.#ended && this.#next === this.#rows.length;
  }

  get nextAt(): number {
    return this.#next < this.#rows.length ? this.#rows[this.#next].at : Number.POSITIVE_INFINITY;
  }

  /** Whether rows have times of their own; known once the first rows were read. */
  get hasTimes(): boolean {
    return this.#format?.hasTimes ?? true;
  }

  take(): Arrival {
    return this.#rows[this.#next++];
  }

  async refill(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    this.#rows = [];
    this.#next = 0;
    const ended = done === true;
    for (const line of ended ? this.#lines.end() : this.#lines.push(value)) this.#read(this.#lines.next(line));
    this.#ended = ended;
    if (ended && this.#origin === null) throw new TraceError(`${this.#name} holds no requests`);
  }

  #read(line: string): void {
    if (line === "") return;
    this.#format ??= this.#recognize(line);
    if (this.#lines.number > this.#format.headerLines) this.#rows.push(this.#parse(line, this.#format));
  }

  #parse(line: string, format: RowFormat): Arrival {
    try {
      const arrival = format.parse(line);
      this.#origin ??= arrival.at;
      const at = arrival.at - this.#origin;
      if (at < this.#previous) throw new Error(`its time is before the one of the row above`);
      this.#previous = at;
      return { ...arrival, at };
    } catch (error) {
      throw new TraceError(`${this.#name}:${this.#lines.number}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #recognize(firstLine: string): RowFormat {
    const format = FORMATS.find((each) => each.recognizes(firstLine));
    if (format !== undefined) return format;
    const known = `${FORMATS.map(({ name }) => name).join(", ")}, ServeGen rates`;
    throw new TraceError(`${this.#name}:${this.#lines.number}: ${shown(firstLine)} begins no known trace; known: ${known}`);
  }
}
