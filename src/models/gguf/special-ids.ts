import { InvalidModelError } from "../../errors.ts";
import { excerpt } from "../../json.ts";
import type { SpecialIds } from "../special-ids.ts";
import type { GgufValue } from "./values.ts";

/** Keys of ids that end an answer: of the text, of a turn, of a message. */
const END_KEYS = ["eos_token_id", "eot_token_id", "eom_token_id"] as const;

/** Texts of control tokens that end a turn, whatever the file's keys say; llama.cpp takes them so. */
const END_TEXTS = new Set([
  "<|eot_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|eom_id|>",
  "<|eot|>",
  "<EOT>",
]);

/** `tokenizer.ggml.token_type` of a control token. */
const CONTROL = 3;

/**
 * Begin- and end-of-text ids of a GGUF file's metadata. Throws `InvalidModelError` for an id outside the vocabulary.
 */
export function ggufSpecialIds(metadata: ReadonlyMap<string, GgufValue>, vocabSize: number, file: string): SpecialIds {
  const idOf = (key: string): number | undefined => {
    const id = metadata.get(`tokenizer.ggml.${key}`);
    if (id === undefined) return undefined;
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
      throw new InvalidModelError(
        `${file}: tokenizer.ggml.${key} must be an id from 0 to ${vocabSize - 1}, got ${excerpt(String(id))}`,
      );
    }
    return id as number;
  };
  const ends = END_KEYS.map(idOf).filter((id) => id !== undefined);
  return { eosTokenIds: [...new Set([...ends, ...endsByText(metadata)])], bosTokenId: idOf("bos_token_id") ?? null };
}

function endsByText(metadata: ReadonlyMap<string, GgufValue>): number[] {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const types = metadata.get("tokenizer.ggml.token_type");
  if (!Array.isArray(tokens) || !Array.isArray(types)) return [];
  return tokens.flatMap((token: unknown, id) => (types[id] === CONTROL && END_TEXTS.has(String(token)) ? [id] : []));
}
