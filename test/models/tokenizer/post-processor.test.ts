import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../../src/errors.ts";
import { parsePostProcessor } from "../../../src/models/tokenizer/post-processor.ts";

const text = { Sequence: { id: "A", type_id: 0 } };
const special = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } });
const template = (...single: unknown[]): unknown => ({
  type: "TemplateProcessing",
  single,
  special_tokens: {
    "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] },
    "</s>": { id: "</s>", ids: [2, 3], tokens: ["</s>", "x"] },
  },
});

test.each<[string, unknown, unknown]>([
  ["none", null, null],
  ["ByteLevel", { type: "ByteLevel" }, null],
  ["a template", template(special("<s>"), text, special("</s>")), { before: [1], after: [2, 3] }],
  ["a template of the text alone", template(text), { before: [], after: [] }],
  ["RobertaProcessing", { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2] }, { before: [0], after: [2] }],
  [
    "BertProcessing",
    { type: "BertProcessing", cls: ["[CLS]", 101], sep: ["[SEP]", 102] },
    { before: [101], after: [102] },
  ],
  [
    "a sequence",
    { type: "Sequence", processors: [{ type: "ByteLevel" }, template(special("<s>"), text)] },
    { before: [1], after: [] },
  ],
])("%s", (_, config, surrounding) => expect(parsePostProcessor(config)).toEqual(surrounding));

test("refuses by name", () => {
  expect(() => parsePostProcessor({ type: "Magic" })).toThrow(
    new UnsupportedModelError('tokenizer.json: post_processor "Magic" is not implemented'),
  );
  expect(() => parsePostProcessor(template(text, text))).toThrow(UnsupportedModelError);
  expect(() => parsePostProcessor(template({ Sequence: { id: "B" } }))).toThrow(UnsupportedModelError);
  expect(() => parsePostProcessor({ type: "Sequence", processors: [template(text), template(text)] })).toThrow(
    UnsupportedModelError,
  );
  expect(() => parsePostProcessor(template(special("<x>"), text))).toThrow(
    new InvalidModelError('tokenizer.json: TemplateProcessing names "<x>", which special_tokens does not have'),
  );
  expect(() => parsePostProcessor({ type: "BertProcessing", cls: "[CLS]" })).toThrow(InvalidModelError);
  expect(() => parsePostProcessor({ type: "Sequence" })).toThrow(InvalidModelError);
});
