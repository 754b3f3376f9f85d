import type { Arrival } from "../arrival.ts";
import { numberIn, shown, tokensIn } from "./row-fields.ts";
import type { RowFormat } from "./row-format.ts";

const MILLISECONDS = 1000;

/** Tokens that an id stands for: Mooncake's, and those of vLLM's blocks. */
const PIECE_TOKENS = [512, 16];

/**
 * Mooncake's traces: a JSON object a line with `timestamp` (ms), `input_length`, `output_length` and, where prefixes are known, `hash_ids`:
 * equal leading ids are a reusable prefix. An id stands for 512 or 16 tokens, whichever fits the number of ids; the last, partial piece may
 * have an id or not. Source: Mooncake (FAST 2025), kvcache-ai/Mooncake.
 */
export const mooncake: RowFormat = {
  name: "Mooncake",
  hasTimes: true,
  headerLines: 0,
  recognizes: (firstLine) => firstLine.startsWith("{"),
  parse(line): Arrival {
    const row = objectOf(line);
    const promptTokens = tokensIn("input_length", row["input_length"]);
    const arrival = {
      at: numberIn("timestamp", row["timestamp"], 0) / MILLISECONDS,
      promptTokens,
      outputTokens: tokensIn("output_length", row["output_length"]),
    };
    const ids = row["hash_ids"];
    return ids === undefined ? arrival : { ...arrival, pieces: idsOf(ids), pieceTokens: pieceTokensOf(promptTokens, idsOf(ids).length) };
  },
};

function objectOf(line: string): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new Error(`no JSON object: ${shown(line)}`);
  }
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw new Error(`no JSON object: ${shown(line)}`);
  return row as Record<string, unknown>;
}

function idsOf(value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0)) return value as number[];
  throw new Error(`hash_ids must be an array of integers >= 0, got ${shown(value)}`);
}

function pieceTokensOf(promptTokens: number, count: number): number {
  const fits = (tokens: number): boolean => count === Math.ceil(promptTokens / tokens) || count === Math.floor(promptTokens / tokens);
  const tokens = PIECE_TOKENS.find(fits);
  if (tokens === undefined) throw new Error(`${count} hash_ids fit ${promptTokens} tokens neither at 512 nor at 16 tokens an id`);
  return tokens;
}
