import type { Arrival, Workload } from "../arrival.ts";
import { azure } from "./azure.ts";
import { burstGpt } from "./burst-gpt.ts";
import { mooncake, qwenBailian } from "./mooncake.ts";
import { recording } from "./recording.ts";
import type { RowFormat } from "./row-format.ts";
import { shown } from "./row-fields.ts";
import { shareGpt } from "./share-gpt.ts";
import { TextLines } from "./text-lines.ts";
import { TraceError } from "./trace-error.ts";
import { vidur } from "./vidur.ts";

const FORMATS: readonly RowFormat[] = [azure, mooncake, recording, qwenBailian, burstGpt, vidur, shareGpt];

/** Kinds that are no rows, for complaints. */
const OTHERS = ["ServeGen rates", "ShareGPT JSON", "results of vLLM's bench serve"];

/** What becomes of a row that cannot be used. */
export type BadRows = "refuse" | "skip";

/**
 * The requests of a trace, read as they are needed: memory holds one chunk of text and its rows. The first row's time
 * is 0. `refill` rejects with a `TraceError` that names file and line.
 */
export class TraceWorkload implements Workload {
  /** Rows that were left out as they could not be used. */
  skippedRows = 0;
  readonly #name: string;
  readonly #chunks: AsyncIterator<string>;
  readonly #badRows: BadRows;
  #format: RowFormat | null = null;
  #parse: (line: string) => Arrival = () => {
    throw new Error("the trace has no format yet");
  };
  #rows: Arrival[] = [];
  #next = 0;
  #ended = false;
  readonly #lines = new TextLines();
  #origin: number | null = null;
  #previous = 0;

  /** `chunks` are pieces of the text, cut anywhere; `name` names the trace in complaints. */
  constructor(name: string, chunks: AsyncIterable<string>, badRows: BadRows = "refuse") {
    this.#name = name;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#badRows = badRows;
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

  get sharesPrefixes(): boolean {
    return this.#format?.sharesPrefixes ?? true;
  }

  take(): Arrival {
    return this.#rows[this.#next++];
  }

  async refill(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    this.#rows = [];
    this.#next = 0;
    const ended = done === true;
    for (const line of ended ? this.#lines.end() : this.#push(value)) this.#read(this.#lines.next(line));
    this.#ended = ended;
    if (ended && this.#origin === null) throw new TraceError(`${this.#name} holds no requests`);
  }

  #push(piece: string): string[] {
    try {
      return this.#lines.push(piece);
    } catch (error) {
      throw new TraceError(`${this.#name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #read(line: string): void {
    if (line === "") return;
    if (this.#format === null) {
      this.#format = this.#recognize(line);
      this.#parse = this.#format.reader(line);
      if (this.#format.hasHeader) return;
    }
    const arrival = this.#rowOf(line);
    if (arrival !== null) this.#rows.push(arrival);
  }

  /** Null where the row is skipped. */
  #rowOf(line: string): Arrival | null {
    try {
      const arrival = this.#parse(line);
      const at = arrival.at - (this.#origin ?? arrival.at);
      if (at < this.#previous) throw new Error(`its time is before the one of the row above`);
      this.#origin ??= arrival.at;
      this.#previous = at;
      return { ...arrival, at };
    } catch (error) {
      if (this.#badRows === "refuse") {
        throw new TraceError(
          `${this.#name}:${this.#lines.number}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      this.skippedRows++;
      return null;
    }
  }

  #recognize(firstLine: string): RowFormat {
    const format = FORMATS.find((each) => each.recognizes(firstLine));
    if (format !== undefined) return format;
    const known = [...FORMATS.map(({ name }) => name), ...OTHERS].join(", ");
    throw new TraceError(
      `${this.#name}:${this.#lines.number}: ${shown(firstLine)} begins no known trace; known: ${known}`,
    );
  }
}
