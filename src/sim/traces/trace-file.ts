import { existsSync } from "node:fs";
import type { Workload } from "../arrival.ts";
import { fileChunks } from "./file.ts";
import { ServeGen } from "./serve-gen.ts";
import { parseLengths, parseRates, RATES_HEADER } from "./serve-gen-tables.ts";
import { TextLines } from "./text-lines.ts";
import { TraceError } from "./trace-error.ts";
import { TraceWorkload } from "./trace-workload.ts";

/** A trace as a workload, and whether its requests have times. */
export interface OpenTrace {
  readonly workload: Workload;
  readonly hasTimes: boolean;
}

/** Opens a trace of any known kind, .gz too. `seed` is for the kinds that are drawn. Rejects with `TraceError`. */
export async function openTrace(path: string, seed: number): Promise<OpenTrace> {
  if ((await firstLineOf(path)) === RATES_HEADER) return { workload: await openServeGen(path, seed), hasTimes: true };
  const workload = new TraceWorkload(path, fileChunks(path));
  while (workload.starved) await workload.refill();
  return { workload, hasTimes: workload.hasTimes };
}

/** The lengths lie beside the rates: NAME_lengths.jsonl for NAME_rates.csv. */
async function openServeGen(rates: string, seed: number): Promise<Workload> {
  const lengths = rates.replace(/rates\.csv/, "lengths.jsonl");
  if (lengths === rates || !existsSync(lengths)) throw new TraceError(`${rates} holds ServeGen rates; their lengths are wanted beside them, in ${lengths === rates ? "NAME_lengths.jsonl for NAME_rates.csv" : lengths}`);
  const windows = await rowsOf(rates, 1, parseRates);
  return new ServeGen(windows, await rowsOf(lengths, 0, parseLengths), seed);
}

async function rowsOf<T>(path: string, headerLines: number, parse: (line: string) => T): Promise<T[]> {
  const rows: T[] = [];
  const lines = new TextLines();
  const read = (text: string): void => {
    const line = lines.next(text);
    if (line !== "" && lines.number > headerLines) rows.push(parsed(line, parse, `${path}:${lines.number}`));
  };
  for await (const chunk of fileChunks(path)) lines.push(chunk).forEach(read);
  lines.end().forEach(read);
  return rows;
}

function parsed<T>(line: string, parse: (line: string) => T, where: string): T {
  try {
    return parse(line);
  } catch (error) {
    throw new TraceError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function firstLineOf(path: string): Promise<string> {
  let text = "";
  for await (const chunk of fileChunks(path)) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0].trim();
}
