/** Every tokenizer that tests have at hand, by name. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseJsonObject, type JsonObject } from "../../src/json.ts";
import { byteFallbackTokenizerJson, byteLevelTokenizerJson, metaspaceTokenizerJson } from "./tokenizer-files.ts";
import { sharedModels } from "./model-files.ts";

const builtin = fileURLToPath(new URL("../../models/builtin/", import.meta.url));

/** The three small kinds, and those of the built-in and the shared models where they are there. */
export function allTokenizers(): [name: string, json: JsonObject][] {
  const folders = {
    builtin,
    stories260K: `${sharedModels}stories260K-hf/`,
    babyllama105: `${sharedModels}babyllama105-hf/`,
  };
  const files = Object.entries(folders).map(([name, folder]) => [name, `${folder}tokenizer.json`] as const);
  return [
    ["byte-level", byteLevelTokenizerJson()],
    ["byte-fallback", byteFallbackTokenizerJson()],
    ["metaspace", metaspaceTokenizerJson()],
    ...files
      .filter(([, file]) => existsSync(file))
      .map(([name, file]): [string, JsonObject] => [name, parseJsonObject(readFileSync(file), file)]),
  ];
}
