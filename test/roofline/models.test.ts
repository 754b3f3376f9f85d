import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import {
  headWeights,
  kvBytesPerToken,
  kvCopies,
  layerCount,
  MODELS,
  modelNamed,
  parameterCount,
} from "../../src/roofline/index.ts";
import { activeMatrixWeights } from "../../src/roofline/shape.ts";

/** Parameters of the published checkpoints, as their model cards or safetensors indexes count them. */
const PUBLISHED = {
  "llama-7b": 6_738_415_616,
  "llama-2-7b": 6_738_415_616,
  "llama-2-13b": 13_015_864_320,
  "llama-2-70b": 68_976_648_192,
  "codellama-34b": 33_743_970_304,
  "llama-3-8b": 8_030_261_248,
  "llama-3.1-8b": 8_030_261_248,
  "llama-3-70b": 70_553_706_496,
  "llama-3.1-70b": 70_553_706_496,
  "llama-3.3-70b": 70_553_706_496,
  "llama-3.1-405b": 405_853_388_800,
  "llama-3.2-1b": 1_235_814_400,
  "llama-3.2-3b": 3_212_749_824,
  "mistral-7b": 7_241_732_096,
  "mistral-nemo": 12_247_782_400,
  "mistral-small-24b": 23_572_403_200,
  "yi-34b": 34_388_917_248,
  "qwen2.5-0.5b": 494_032_768,
  "qwen2.5-7b": 7_615_616_512,
  "qwen2.5-14b": 14_770_033_664,
  "qwen2.5-32b": 32_763_876_352,
  "qwen2.5-72b": 72_706_203_648,
  "qwen3-0.6b": 596_049_920,
  "qwen3-4b": 4_022_468_096,
  "qwen3-8b": 8_190_735_360,
  "qwen3-14b": 14_768_307_200,
  "qwen3-32b": 32_762_123_264,
  "smollm2-135m": 134_515_008,
  "smollm2-1.7b": 1_711_376_384,
  "gemma-2-2b": 2_614_341_888,
  "gemma-3-1b": 999_885_952,
  "gemma-3-4b": 3_880_263_168,
  "gemma-3-12b": 11_766_034_176,
  "gemma-3-27b": 27_009_346_304,
  "mixtral-8x7b": 46_702_792_704,
  "mixtral-8x22b": 140_630_071_296,
  "qwen3-30b-a3b": 30_532_122_624,
  "qwen3-235b-a22b": 235_093_634_560,
};

/**
 * Models that have a few vectors which a shape does not count, such as biases of experts; billions, of all text layers.
 */
const ROUNDED = {
  "gpt-oss-20b": 20.91,
  "gpt-oss-120b": 116.83,
  "llama-4-scout": 107.77,
  "llama-4-maverick": 400.71,
  "deepseek-v3": 671.03,
};

test("the catalogue has the names that others rely on, with the published number of parameters", () => {
  const counts = [...MODELS].map(([name, shape]) => [name, parameterCount(shape)] as const);
  expect(Object.fromEntries(counts.filter(([name]) => !(name in ROUNDED)))).toEqual(PUBLISHED);
  for (const [name, billions] of Object.entries(ROUNDED)) {
    expect(Math.abs(parameterCount(modelNamed(name)) / (billions * 1e9) - 1)).toBeLessThan(1e-3);
  }
});

test("a mixture multiplies a token with fewer weights than it stores, as its name says", () => {
  for (const [name, billions] of [
    ["mixtral-8x7b", 12.9],
    ["qwen3-30b-a3b", 3.3],
    ["qwen3-235b-a22b", 22.2],
    ["deepseek-v3", 37.6],
    ["gpt-oss-120b", 5.1],
  ] as const) {
    const shape = modelNamed(name);
    const embedding = headWeights(shape);
    const isMuchEmbedding = name.startsWith("qwen3-30b") || name.startsWith("gpt");
    expect((activeMatrixWeights(shape) + (isMuchEmbedding ? 1 : 2) * embedding) / 1e9).toBeCloseTo(billions, 0);
  }
});

test("latent attention leaves 576 numbers a layer, however many heads there are", () => {
  expect(kvBytesPerToken(modelNamed("deepseek-v3"), 16)).toBe(61 * 576 * 2);
  expect(kvCopies(modelNamed("deepseek-v3"), 8)).toBe(8);
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
  expect(() => modelNamed("llama-8b")).toThrow(
    /unknown model "llama-8b"; known: llama-7b, .*deepseek-v3, or a Hugging Face config.json/,
  );
});
