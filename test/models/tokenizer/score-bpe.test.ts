import { expect, test } from "vitest";
import { scoreBpe } from "../../../src/models/tokenizer/score-bpe.ts";

const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

function encoder(scored: Readonly<Record<string, number>>, unknownId: number | null = null, bytes = BYTES) {
  const tokens = ["<unk>", ...bytes, ...Object.keys(scored)];
  const scores = [0, ...bytes.map(() => 0), ...Object.values(scored)];
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  const model = scoreBpe({ tokens, vocab, scores, unknownId });
  return (text: string): string[] => {
    const ids: number[] = [];
    model.encode(text, ids);
    return ids.map((id) => tokens[id]);
  };
}

test("the greater score first, and of equals from the left", () => {
  const encode = encoder({ a: -9, b: -9, c: -9, ab: -2, bc: -1, aa: -3 });
  expect(encode("abc")).toEqual(["a", "bc"]);
  expect(encode("aaa")).toEqual(["aa", "a"]);
});

test("characters that are no tokens merge where a token is their text, and are bytes where none is", () => {
  const encode = encoder({ a: -9, a6: -1, "é—": -2 });
  expect(encode("a6")).toEqual(["a6"]);
  expect(encode("6é—")).toEqual(["<0x36>", "é—"]);
  expect(encode("é")).toEqual(["<0xC3>", "<0xA9>"]);
});

test("without bytes they are unknown", () => expect(encoder({ a6: -1 }, 0, [])("6")).toEqual(["<unk>"]));
