import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GGUF_PRE_TOKENIZERS } from "../../../src/models/tokenizer/gguf-patterns.ts";
import { tokenizerFromGguf } from "../../../src/models/tokenizer/gguf-tokenizer.ts";
import { CUT_TEXTS, cutMetadata, ofPre, type PreTokenizerAnswers } from "../../support/pre-tokenizer-cases.ts";

const PEERS = JSON.parse(
  readFileSync(new URL("../../support/pre-tokenizer-peers.json", import.meta.url), "utf8"),
) as PreTokenizerAnswers[];
const METADATA = cutMetadata();

test("each name has llama.cpp's answers", () =>
  expect([...GGUF_PRE_TOKENIZERS.keys()].toSorted()).toEqual(PEERS.flatMap(({ names }) => names).toSorted()));

test.each(PEERS.flatMap((peer) => peer.names.map((name) => ({ name, ...peer }))))(
  "$name cuts as llama.cpp does",
  ({ name, addBos, ids }) => {
    const tokenizer = tokenizerFromGguf(ofPre(METADATA, name));
    for (const [i, text] of CUT_TEXTS.entries()) {
      expect(tokenizer.encode(text, { addSpecialTokens: false }), JSON.stringify(text)).toEqual(ids[i]);
    }
    expect(tokenizer.encode("")).toEqual(addBos ? [0] : []);
  },
);
