import { readFile } from "node:fs/promises";
import { BstarError } from "../../errors.ts";
import type { ResponseFormat } from "../../response-format.ts";
import type { RequestId } from "../../request.ts";
import { resolveSampling, type SamplingParams } from "../../sampling-params.ts";
import { nearestName } from "../../unknown-name.ts";
import { oneLine, UsageError } from "../failure.ts";

/** A prompt with what its line says about it; the command line says the rest. */
export interface Prompt {
  readonly id: RequestId;
  /** `null` where the line gives ids in its place. */
  readonly text: string | null;
  readonly tokenIds?: readonly number[];
  readonly maxTokens?: number;
  readonly sampling: Partial<SamplingParams>;
  readonly stop?: readonly string[];
  /** What the answer has to be; checked where the request is submitted. */
  readonly responseFormat?: ResponseFormat;
  readonly promptLogprobs?: number;
}

/** Bytes of prompts in one run: they are held in memory, as text and as ids. */
const MAX_PROMPTS_BYTES = 256 * 1024 * 1024;

const NUMBERS = [
  "temperature",
  "topK",
  "topP",
  "minP",
  "seed",
  "logprobs",
  "repetitionPenalty",
  "presencePenalty",
  "frequencyPenalty",
  "minTokens",
] as const;
const LISTS = ["logitBias", "badTokenIds"] as const;
/** `arrivalMs` is the demonstration's: it runs the same files, and here all prompts are there at once. */
const KNOWN_KEYS = [
  "id",
  "prompt",
  "promptTokenIds",
  "maxTokens",
  "stop",
  "responseFormat",
  "promptLogprobs",
  ...NUMBERS,
  ...LISTS,
  "arrivalMs",
];

/** A file of prompts, or of OpenAI's batch lines, as text. */
export interface PromptsFile {
  /** For messages: its path, or "standard input". */
  readonly name: string;
  readonly text: string;
}

/** The file of that path, or standard input where it is "-". Throws `UsageError` that names it. */
export async function readPromptsFile(file: string, stdin: AsyncIterable<Uint8Array>): Promise<PromptsFile> {
  const name = file === "-" ? "standard input" : file;
  const bytes =
    file === "-"
      ? await readAll(stdin)
      : await readFile(file).catch((cause: Error) => refuse(name, `cannot be read (${cause.message})`));
  if (bytes.length > MAX_PROMPTS_BYTES) {
    refuse(name, `has ${bytes.length} bytes, more than ${MAX_PROMPTS_BYTES}: split it`);
  }
  return { name, text: decode(bytes, name) };
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_PROMPTS_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * One prompt a line: `{"id", "prompt"}` or `{"id", "promptTokenIds"}`, and where wanted `maxTokens`, `temperature`,
 * `topK`, `topP`, `minP`, `seed`, `logprobs`, `stop`. Without an id it gets its index. Empty lines are skipped; an
 * unknown key is an error.
 */
export function parsePrompts(file: PromptsFile): Prompt[] {
  const prompts = parseLines(file, { parse: parseLine, key: "id", keyOf: ({ id }) => id });
  if (prompts.length === 0) refuse(file.name, "has no prompts");
  return prompts;
}

/** How the lines of a file are read. */
interface LineFormat<T> {
  /** Reads a line; `index` counts the lines that are not empty. */
  readonly parse: (text: string, index: number) => T;
  /** Name of what no two lines may share. */
  readonly key: string;
  readonly keyOf: (value: T) => RequestId;
}

/** What each line gives; empty lines are skipped. Throws `UsageError` that names the file and the line. */
export function parseLines<T>({ text: all, name }: PromptsFile, { parse, key, keyOf }: LineFormat<T>): T[] {
  const values: T[] = [];
  const lineOf = new Map<RequestId, number>();
  for (const [i, text] of all.split("\n").entries()) {
    if (text.trim() === "") continue;
    const value = atLine(name, i + 1, () => parse(text, values.length));
    const unique = keyOf(value);
    const before = lineOf.get(unique);
    if (before !== undefined) {
      refuse(`${name}, line ${i + 1}`, `${key} ${JSON.stringify(unique)} is on line ${before} already`);
    }
    lineOf.set(unique, i + 1);
    values.push(value);
  }
  return values;
}

/** Throws `UsageError` for the first key that is not among `known`. */
export function checkKeys(fields: object, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new UsageError(`has an unknown key "${unknown}"; did you mean "${nearestName(unknown, known)}"?`);
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(name, "is not UTF-8 text");
  }
}

/** What `parse` gives. Throws `UsageError` that names the file and the line for what it throws. */
function atLine<T>(name: string, line: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`${name}, line ${line}`, `is not JSON (${explain(error)})`);
    if (error instanceof BstarError) return refuse(`${name}, line ${line}`, error.message);
    throw error;
  }
}

/** The parser counts lines within the one line that it is given. */
function explain(error: SyntaxError): string {
  return oneLine(error.message).replace(/ ?\(line 1 column \d+\)/, "");
}

function parseLine(text: string, index: number): Prompt {
  const json: unknown = JSON.parse(text);
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new UsageError(`must be an object like {"id": "a", "prompt": "Once"}`);
  }
  const fields = json as Record<string, unknown>;
  checkKeys(fields, KNOWN_KEYS);
  const { id = index, prompt, promptTokenIds, maxTokens, stop, responseFormat, promptLogprobs } = fields;
  if (typeof id !== "string" && !Number.isSafeInteger(id)) {
    throw new UsageError(`id must be text or an integer, got ${JSON.stringify(id)}`);
  }
  return {
    id: id as RequestId,
    ...parseText(prompt, promptTokenIds),
    maxTokens: optionalMaxTokens(maxTokens),
    sampling: parseSampling(fields),
    stop: optionalStop(stop),
    ...(responseFormat === undefined ? {} : { responseFormat: responseFormat as ResponseFormat }),
    ...(promptLogprobs === undefined ? {} : { promptLogprobs: promptLogprobs as number }),
  };
}

function parseText(prompt: unknown, promptTokenIds: unknown): Pick<Prompt, "text" | "tokenIds"> {
  if (prompt === undefined && promptTokenIds === undefined) {
    throw new UsageError(`"prompt" or "promptTokenIds" is missing`);
  }
  if (prompt !== undefined && promptTokenIds !== undefined) {
    throw new UsageError(`has both "prompt" and "promptTokenIds", give one`);
  }
  if (promptTokenIds === undefined) {
    if (typeof prompt !== "string") throw new UsageError(`prompt must be text, got ${JSON.stringify(prompt)}`);
    return { text: prompt };
  }
  const ok =
    Array.isArray(promptTokenIds) && promptTokenIds.every((id) => Number.isSafeInteger(id) && (id as number) >= 0);
  if (!ok) throw new UsageError(`promptTokenIds must be a list of token ids, got ${JSON.stringify(promptTokenIds)}`);
  return { text: null, tokenIds: promptTokenIds as number[] };
}

function optionalMaxTokens(value: unknown): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1)) {
    return value as number | undefined;
  }
  throw new UsageError(`maxTokens must be an integer >= 1, got ${JSON.stringify(value)}`);
}

function parseSampling(fields: Record<string, unknown>): Partial<SamplingParams> {
  const given = NUMBERS.filter((key) => fields[key] !== undefined);
  const wrong = given.find((key) => typeof fields[key] !== "number");
  if (wrong !== undefined) throw new UsageError(`${wrong} must be a number, got ${JSON.stringify(fields[wrong])}`);
  const all = [...given, ...LISTS.filter((key) => fields[key] !== undefined)];
  const sampling = Object.fromEntries(all.map((key) => [key, fields[key]])) as Partial<SamplingParams>;
  resolveSampling(sampling);
  return sampling;
}

function optionalStop(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const stops = (Array.isArray(value) ? value : [value]) as unknown[];
  if (stops.every((stop) => typeof stop === "string" && stop !== "")) return stops as string[];
  throw new UsageError(`stop must be a non-empty text or a list of them, got ${JSON.stringify(value)}`);
}

function refuse(where: string, what: string): never {
  throw new UsageError(`${where} ${what}`);
}
