import { Fields } from "../families/fields.ts";
import type { JsonObject } from "../json.ts";

/** Ids that begin and end a text. */
export interface SpecialIds {
  /** Ids that end a run; empty where the model names none. */
  readonly eosTokenIds: readonly number[];
  readonly bosTokenId: number | null;
}

/**
 * Begin- and end-of-text ids: of generation_config.json, or where it is absent or says nothing, of config.json or its
 * `text_config`.
 */
export function parseSpecialIds(generation: JsonObject | null, config: JsonObject, vocabSize: number): SpecialIds {
  const fields = new Fields(config, "config.json");
  const generated = new Fields(generation ?? {}, "generation_config.json");
  const sources = [generated, fields, fields.nested("text_config")];
  const first = (key: string): readonly number[] => {
    for (const source of sources) {
      const ids = source?.tokenIds(key, vocabSize);
      if (ids !== undefined) return ids;
    }
    return [];
  };
  return { eosTokenIds: first("eos_token_id"), bosTokenId: first("bos_token_id")[0] ?? null };
}
