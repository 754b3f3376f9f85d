import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { layerCount, MODELS, modelNamed, parameterCount } from "../../src/roofline/index.ts";

/** Parameters of the published checkpoints, as their model cards or safetensors indexes count them. */
const PUBLISHED = {
  "llama-7b": 6_738_415_616,
  "llama-2-7b": 6_738_415_616,
  "llama-2-13b": 13_015_864_320,
  "llama-2-70b": 68_976_648_192,
  "llama-3-8b": 8_030_261_248,
  "llama-3.1-8b": 8_030_261_248,
  "llama-3-70b": 70_553_706_496,
  "mistral-7b": 7_241_732_096,
  "qwen2.5-0.5b": 494_032_768,
  "qwen2.5-7b": 7_615_616_512,
  "smollm2-135m": 134_515_008,
  "smollm2-1.7b": 1_711_376_384,
  "gemma-2-2b": 2_614_341_888,
};

test("the catalogue has the names that others rely on, with the published number of parameters", () => {
  expect(Object.fromEntries([...MODELS].map(([name, shape]) => [name, parameterCount(shape)]))).toEqual(PUBLISHED);
});

test("shapes keep their laws", () => {
  for (const shape of MODELS.values()) {
    expect(shape.headCount % shape.kvHeadCount).toBe(0);
    expect(layerCount(shape)).toBeGreaterThan(0);
    expect(new Set(shape.layers.map(({ window }) => window)).size).toBe(shape.layers.length);
  }
});

test("an unknown name lists the known ones; case does not matter", () => {
  expect(modelNamed("Llama-7B")).toBe(modelNamed("llama-7b"));
  expect(() => modelNamed("llama-8b")).toThrow(InvalidOptionError);
  expect(() => modelNamed("llama-8b")).toThrow(/unknown model "llama-8b"; known: llama-7b, .*gemma-2-2b, or a Hugging Face config.json/);
});
