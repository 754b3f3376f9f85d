/**
 * Traces that are one JSON value, not a row a line: ShareGPT's conversations and the results of vLLM's `bench serve`.
 */
import type { Arrival } from "../arrival.ts";
import { shown, tokensIn } from "./row-fields.ts";

/** Largest such file, in UTF-16 units: ShareGPT's has 700 MB and a string at most 2^29 characters. */
export const MAX_JSON_LENGTH = 2 ** 29 - 1;

/**
 * Bytes of text a token, in the mean of English and code with today's vocabularies: ShareGPT has text where a trace
 * wants counts.
 */
const BYTES_PER_TOKEN = 4;

/** Whether a file that begins so holds one JSON value. A row of a JSONL file ends with its line. */
export function beginsJson(firstLine: string): boolean {
  return (
    firstLine.startsWith("[") || firstLine === "{" || (firstLine.startsWith("{") && firstLine.includes('"input_lens"'))
  );
}

/** The requests of such a file, without times. Throws an `Error` that says what is wrong with it. */
export function requestsInJson(text: string): Arrival[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return value.flatMap((entry, index) => turnsOf(entry, index));
  if (isObject(value) && Array.isArray(value["input_lens"]) && Array.isArray(value["output_lens"])) {
    return lengthsOf(value["input_lens"], value["output_lens"]);
  }
  throw new Error(
    'neither conversations of ShareGPT nor results of vLLM\'s bench serve with "input_lens" and "output_lens"',
  );
}

/** vLLM's `bench serve --save-result --save-detailed`: a length of 0 is a request that failed. */
function lengthsOf(inputs: readonly unknown[], outputs: readonly unknown[]): Arrival[] {
  if (inputs.length !== outputs.length) {
    throw new Error(`input_lens has ${inputs.length} values, output_lens ${outputs.length}`);
  }
  return inputs.flatMap((input, i) =>
    outputs[i] === 0
      ? []
      : [{ at: 0, promptTokens: tokensIn("input_lens", input), outputTokens: tokensIn("output_lens", outputs[i]) }],
  );
}

/** Each answer of a conversation is a request; its prompt is all that was said before. */
function turnsOf(entry: unknown, index: number): Arrival[] {
  const turns = isObject(entry) ? entry["conversations"] : undefined;
  if (!Array.isArray(turns)) throw new Error(`conversation ${index} has no list "conversations", got ${shown(entry)}`);
  const arrivals: Arrival[] = [];
  let said = 0;
  for (const turn of turns) {
    if (!isObject(turn) || typeof turn["value"] !== "string") {
      throw new Error(`conversation ${index} has a turn without a text, got ${shown(turn)}`);
    }
    const tokens = Math.max(1, Math.ceil(new TextEncoder().encode(turn["value"]).length / BYTES_PER_TOKEN));
    if (turn["from"] === "gpt" && said > 0) arrivals.push({ at: 0, promptTokens: said, outputTokens: tokens });
    said += tokens;
  }
  return arrivals;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
