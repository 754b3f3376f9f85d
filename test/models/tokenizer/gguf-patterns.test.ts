import { expect, test } from "vitest";
import { GGUF_PRE_TOKENIZERS } from "../../../src/models/tokenizer/gguf-patterns.ts";
import { parsePattern } from "../../../src/models/tokenizer/pattern.ts";

test.each([...GGUF_PRE_TOKENIZERS])("%s: its patterns can be run", (_, { patterns }) => {
  for (const Regex of patterns) expect(parsePattern({ Regex }, "test")("a 1\n")).toBeInstanceOf(Array);
});
