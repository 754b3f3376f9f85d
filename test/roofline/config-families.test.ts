import { expect, test } from "vitest";
import { familyOf } from "../../src/roofline/config-families.ts";

test("a family says what its config.json leaves unsaid", () => {
  expect(familyOf("qwen2")).toMatchObject({ qkvBias: true, tied: false });
  expect(familyOf("gemma2")).toMatchObject({ tied: true, normsPerLayer: 4 });
});

test("an unknown kind is read as Llama's, inherited names too", () => {
  expect(familyOf("someone-s-own")).toBe(familyOf("llama"));
  expect(familyOf("constructor")).toBe(familyOf("llama"));
});
