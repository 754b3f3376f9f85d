import type { Arrival } from "../arrival.ts";
import { PrefixNames } from "./prefix-names.ts";
import { numberIn, objectIn, shown, tokensIn } from "./row-fields.ts";
import type { RowFormat } from "./row-format.ts";

/** Tokens that an id stands for: in Mooncake's traces, in vLLM's blocks and in Qwen's traces. */
const PIECE_TOKENS = [512, 16];

/** The ids as text: `JSON.parse` would round 64-bit ids. */
const HASH_IDS = /"hash_ids"\s*:\s*\[([^\]]*)\]/;

/**
 * JSON lines with times in some unit, lengths and, where prefixes are known, `hash_ids`: equal leading ids are a
 * reusable prefix.
 */
export function hashedRows(options: {
  readonly name: string;
  readonly secondsPerUnit: number;
  /** Keys of each row that tell the format from others, and those that others have. */
  readonly keys: readonly string[];
  readonly without?: readonly string[];
  /** What a row tells beside times, lengths and prefixes. */
  readonly more?: (row: Readonly<Record<string, unknown>>) => Partial<Arrival>;
}): RowFormat {
  const { name, secondsPerUnit, keys, without = [], more = () => ({}) } = options;
  return {
    name,
    hasTimes: true,
    sharesPrefixes: true,
    hasHeader: false,
    recognizes(firstLine) {
      if (!firstLine.startsWith("{")) return false;
      const row = tryObject(firstLine);
      return row === null || (keys.every((key) => key in row) && !without.some((key) => key in row));
    },
    reader() {
      const names = new PrefixNames();
      return (line): Arrival => {
        const row = objectIn(line);
        const promptTokens = tokensIn("input_length", row["input_length"]);
        const arrival: Arrival = {
          at: numberIn("timestamp", row["timestamp"], 0) * secondsPerUnit,
          promptTokens,
          outputTokens: tokensIn("output_length", row["output_length"]),
          ...more(row),
        };
        if (row["hash_ids"] === undefined) return arrival;
        const pieces = idsIn(line, row["hash_ids"], names);
        return { pieceTokens: pieceTokensOf(promptTokens, pieces.length, arrival.pieceTokens), ...arrival, pieces };
      };
    },
  };
}

/**
 * Mooncake's traces: `timestamp` (ms), `input_length`, `output_length`, `hash_ids`. An id stands for 512 or 16 tokens,
 * whichever fits the number of ids; the last, partial piece may have an id or not. Source: Mooncake (FAST 2025),
 * kvcache-ai/Mooncake.
 */
export const mooncake: RowFormat = hashedRows({
  name: "Mooncake",
  secondsPerUnit: 1e-3,
  keys: ["timestamp", "input_length", "output_length"],
  without: ["chat_id", "piece_tokens"],
});

/**
 * Qwen's traces of Alibaba's Bailian: like Mooncake's, with a `chat_id`, and **times in seconds**. Source:
 * alibaba-edu/qwen-bailian-usagetraces-anon.
 */
export const qwenBailian: RowFormat = hashedRows({
  name: "Qwen-Bailian",
  secondsPerUnit: 1,
  keys: ["chat_id", "timestamp", "input_length", "output_length"],
});

/** Null for a line that is no object: the format that comes first then says so. */
function tryObject(line: string): Record<string, unknown> | null {
  try {
    return objectIn(line);
  } catch {
    return null;
  }
}

function idsIn(line: string, value: unknown, names: PrefixNames): number[] {
  const written = HASH_IDS.exec(line)?.[1].trim();
  if (!Array.isArray(value) || written === undefined) {
    throw new Error(`hash_ids must be an array of integers >= 0, got ${shown(value)}`);
  }
  if (written === "") return [];
  return written.split(",").map((id) => {
    const name = names.of(id.trim());
    if (name === null) throw new Error(`hash_ids must be an array of integers >= 0, got ${shown(value)}`);
    return name;
  });
}

/** `known`: the row says it. */
function pieceTokensOf(promptTokens: number, count: number, known?: number): number {
  if (known !== undefined) return known;
  const fits = (tokens: number): boolean =>
    count === Math.ceil(promptTokens / tokens) || count === Math.floor(promptTokens / tokens);
  const tokens = PIECE_TOKENS.find(fits);
  if (tokens === undefined) {
    throw new Error(`${count} hash_ids fit ${promptTokens} tokens neither at 512 nor at 16 tokens an id`);
  }
  return tokens;
}
