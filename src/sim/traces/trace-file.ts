import { existsSync } from "node:fs";
import type { Arrival, Workload } from "../arrival.ts";
import { GeneratedWorkload } from "../workloads/generated.ts";
import { fileChunks } from "./file.ts";
import { beginsJson, MAX_JSON_LENGTH, requestsInJson } from "./json-file.ts";
import { ServeGen } from "./serve-gen.ts";
import { parseLengths, parseRates, RATES_HEADER } from "./serve-gen-tables.ts";
import { TextLines } from "./text-lines.ts";
import { TraceError } from "./trace-error.ts";
import { type BadRows, TraceWorkload } from "./trace-workload.ts";

/** A trace as a workload, and whether its requests have times. */
export interface OpenTrace {
  readonly workload: Workload;
  readonly hasTimes: boolean;
  /** Rows that were left out so far. */
  readonly skippedRows: () => number;
}

const NONE_SKIPPED = (): number => 0;

/** Opens a trace of any known kind, .gz too. `seed` is for the kinds that are drawn. Rejects with `TraceError`. */
export async function openTrace(path: string, seed: number, badRows: BadRows = "refuse"): Promise<OpenTrace> {
  const first = await firstLineOf(path);
  if (first === RATES_HEADER) {
    return { workload: await openServeGen(path, seed), hasTimes: true, skippedRows: NONE_SKIPPED };
  }
  if (beginsJson(first)) {
    return {
      workload: new GeneratedWorkload(await readJson(path), { sharesPrefixes: false }),
      hasTimes: false,
      skippedRows: NONE_SKIPPED,
    };
  }
  const workload = new TraceWorkload(path, fileChunks(path), badRows);
  while (workload.starved) await workload.refill();
  return { workload, hasTimes: workload.hasTimes, skippedRows: () => workload.skippedRows };
}

async function readJson(path: string): Promise<Arrival[]> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of fileChunks(path)) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_JSON_LENGTH) throw new TraceError(`${path} is longer than ${MAX_JSON_LENGTH} characters`);
  }
  const arrivals = parsed(pieces.join("").replace(/^\uFEFF/, ""), requestsInJson, path);
  if (arrivals.length === 0) throw new TraceError(`${path} holds no requests`);
  return arrivals;
}

/** The lengths lie beside the rates: NAME_lengths.jsonl for NAME_rates.csv. */
async function openServeGen(rates: string, seed: number): Promise<Workload> {
  const lengths = rates.replace(/rates\.csv/, "lengths.jsonl");
  if (lengths === rates || !existsSync(lengths)) {
    throw new TraceError(
      `${rates} holds ServeGen rates; their lengths are wanted beside them, ` +
        `in ${lengths === rates ? "NAME_lengths.jsonl for NAME_rates.csv" : lengths}`,
    );
  }
  const windows = await rowsOf(rates, true, parseRates);
  return new ServeGen(windows, await rowsOf(lengths, false, parseLengths), seed);
}

async function rowsOf<T>(path: string, hasHeader: boolean, parse: (line: string) => T): Promise<T[]> {
  const rows: T[] = [];
  const lines = new TextLines();
  let headers = hasHeader ? 1 : 0;
  const read = (text: string): void => {
    const line = lines.next(text);
    if (line !== "" && headers-- <= 0) rows.push(parsed(line, parse, `${path}:${lines.number}`));
  };
  for await (const chunk of fileChunks(path)) parsed(chunk, (text) => lines.push(text), path).forEach(read);
  lines.end().forEach(read);
  return rows;
}

function parsed<T>(text: string, parse: (text: string) => T, where: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof TraceError
      ? error
      : new TraceError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The first line that is not blank; of a file of one long line, its first piece. */
async function firstLineOf(path: string): Promise<string> {
  let text = "";
  for await (const chunk of fileChunks(path)) {
    text = (text + chunk).replace(/^[\uFEFF\s]+/, "");
    if (text !== "") break;
  }
  return text.split(/\r?\n/, 1)[0].trim();
}
