/**
 * What `npm run build` puts in the place of dist/models/builtin-files.js: the built-in model as a module, which every
 * bundler takes along.
 */
import { readFileSync } from "node:fs";

const FOLDER = new URL("../models/builtin/", import.meta.url);

/** What `loadModel` reads. */
const FILES = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

/** The module's text. */
export function embeddedBuiltin(): string {
  const entries = FILES.map(
    (name) => `  ${JSON.stringify(name)}: ${JSON.stringify(readFileSync(new URL(name, FOLDER)).toString("base64"))},\n`,
  );
  return `export const BUILTIN_FILES = {\n${entries.join("")}};\n`;
}
