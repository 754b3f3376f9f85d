import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { kvBytesPerToken, modelNamed, type ModelShape, parameterCount, shapeFromConfig } from "../../src/roofline/index.ts";
import { ifShared, noSharedModels, sharedModels } from "../support/model-files.ts";

/** The keys of published config.json files that matter here. */
const LLAMA_3_1 = {
  model_type: "llama",
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
};

const MISTRAL = { ...LLAMA_3_1, model_type: "mistral", vocab_size: 32000, max_position_embeddings: 32768, sliding_window: 4096 };

const QWEN2_5 = {
  model_type: "qwen2",
  hidden_size: 896,
  intermediate_size: 4864,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  vocab_size: 151936,
  max_position_embeddings: 32768,
  tie_word_embeddings: true,
  sliding_window: 32768,
  use_sliding_window: false,
  max_window_layers: 24,
};

const GEMMA_2 = {
  model_type: "gemma2",
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  vocab_size: 256000,
  max_position_embeddings: 8192,
  sliding_window: 4096,
};

const GPT_2 = { model_type: "gpt2", n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 };

/** Sizes without the name. */
function sizesOf({ name: _, ...sizes }: ModelShape) {
  return sizes;
}

describe("shapeFromConfig", () => {
  test.each([
    ["llama-3.1-8b", LLAMA_3_1],
    ["mistral-7b", MISTRAL],
    ["qwen2.5-0.5b", QWEN2_5],
    ["gemma-2-2b", GEMMA_2],
  ])("of the published file is the catalogue's %s", (name, config) => {
    expect(sizesOf(shapeFromConfig(config, name))).toEqual(sizesOf(modelNamed(name)));
  });

  test.each([
    ["gpt2", GPT_2, 124_439_808],
    ["Pythia 160M", { ...GPT_2, model_type: "gpt_neox", hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12, max_position_embeddings: 2048, vocab_size: 50304, n_embd: null }, 162_322_944],
    ["Qwen3 0.6B", { ...QWEN2_5, model_type: "qwen3", hidden_size: 1024, intermediate_size: 3072, num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128 }, 596_049_920],
    ["Gemma 3 1B", { ...GEMMA_2, model_type: "gemma3_text", hidden_size: 1152, intermediate_size: 6912, num_attention_heads: 4, num_key_value_heads: 1, vocab_size: 262144, sliding_window: 512 }, 999_885_952],
    ["StarCoder2 3B", { ...LLAMA_3_1, model_type: "starcoder2", hidden_size: 3072, intermediate_size: 12288, num_hidden_layers: 30, num_attention_heads: 24, num_key_value_heads: 2, vocab_size: 49152, use_bias: true, tie_word_embeddings: true }, 3_030_371_328],
  ])("counts the published parameters of %s", (name, config, parameters) => {
    expect(parameterCount(shapeFromConfig(config, name))).toBe(parameters);
  });

  test("KV heads default to the query heads, null counts as absent", () => {
    for (const absent of [undefined, null]) {
      const shape = shapeFromConfig({ ...LLAMA_3_1, num_key_value_heads: absent });
      expect(shape.kvHeadCount).toBe(32);
      expect(kvBytesPerToken(shape, 16)).toBe(524_288);
    }
  });

  test("reads the text part of a model that sees images too", () => {
    expect(sizesOf(shapeFromConfig({ model_type: "gemma3", text_config: GEMMA_2 }))).toEqual(sizesOf(modelNamed("gemma-2-2b")));
  });

  test.each([
    ["num_local_experts", 8],
    ["kv_lora_rank", 512],
    ["mamba_d_state", 16],
  ])("refuses %s in a family that has no such thing", (key, value) => {
    const refused = () => shapeFromConfig({ ...LLAMA_3_1, [key]: value }, "x/config.json");
    expect(refused).toThrow(UnsupportedModelError);
    expect(refused).toThrow(`x/config.json: ${key} ${JSON.stringify(value)} is not implemented`);
  });

  test.each([
    [[], "config.json: must be a JSON object, got []"],
    [{ ...LLAMA_3_1, hidden_size: undefined }, "config.json: hidden_size must be a positive integer, it is missing"],
    [{ ...LLAMA_3_1, hidden_size: "4096" }, `config.json: hidden_size must be a positive integer, got "4096"`],
    [{ ...LLAMA_3_1, num_hidden_layers: -1 }, "config.json: num_hidden_layers must be a positive integer, got -1"],
    [{ ...LLAMA_3_1, num_hidden_layers: 1e9 }, "config.json: num_hidden_layers must be at most 4096, got 1000000000"],
    [{ ...LLAMA_3_1, num_key_value_heads: 5 }, "config.json: num_attention_heads 32 is not a multiple of num_key_value_heads 5"],
    [{ ...LLAMA_3_1, hidden_size: 4097 }, "config.json: head_dim is missing, and hidden_size 4097 is not a multiple of num_attention_heads 32"],
    [{ ...LLAMA_3_1, tie_word_embeddings: 1 }, "config.json: tie_word_embeddings must be true or false, got 1"],
    [{ ...LLAMA_3_1, text_config: 3 }, "config.json: text_config must be an object or null, got 3"],
  ])("names the key and the value of %j", (config, message) => {
    expect(() => shapeFromConfig(config)).toThrow(InvalidModelError);
    expect(() => shapeFromConfig(config)).toThrow(message);
  });

  test.skipIf(noSharedModels)(`counts the parameters of the small models${ifShared}`, () => {
    const count = (folder: string) => parameterCount(shapeFromConfig(JSON.parse(readFileSync(`${sharedModels}${folder}/config.json`, "utf8"))));
    expect(count("stories260K-hf")).toBe(260_032);
    expect(count("babyllama105-hf")).toBe(936_448);
  });
});
