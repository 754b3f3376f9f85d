import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import {
  kvBytesPerToken,
  modelNamed,
  type ModelShape,
  parameterCount,
  shapeFromConfig,
} from "../../src/roofline/index.ts";
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

const MISTRAL = {
  ...LLAMA_3_1,
  model_type: "mistral",
  vocab_size: 32000,
  max_position_embeddings: 32768,
  sliding_window: 4096,
};

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
    [
      "Pythia 160M",
      {
        ...GPT_2,
        model_type: "gpt_neox",
        hidden_size: 768,
        intermediate_size: 3072,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        max_position_embeddings: 2048,
        vocab_size: 50304,
        n_embd: null,
      },
      162_322_944,
    ],
    [
      "Qwen3 0.6B",
      {
        ...QWEN2_5,
        model_type: "qwen3",
        hidden_size: 1024,
        intermediate_size: 3072,
        num_hidden_layers: 28,
        num_attention_heads: 16,
        num_key_value_heads: 8,
        head_dim: 128,
      },
      596_049_920,
    ],
    [
      "Gemma 3 1B",
      {
        ...GEMMA_2,
        model_type: "gemma3_text",
        hidden_size: 1152,
        intermediate_size: 6912,
        num_attention_heads: 4,
        num_key_value_heads: 1,
        vocab_size: 262144,
        sliding_window: 512,
      },
      999_885_952,
    ],
    [
      "StarCoder2 3B",
      {
        ...LLAMA_3_1,
        model_type: "starcoder2",
        hidden_size: 3072,
        intermediate_size: 12288,
        num_hidden_layers: 30,
        num_attention_heads: 24,
        num_key_value_heads: 2,
        vocab_size: 49152,
        use_bias: true,
        tie_word_embeddings: true,
      },
      3_030_371_328,
    ],
  ])("counts the published parameters of %s", (name, config, parameters) => {
    expect(parameterCount(shapeFromConfig(config, name))).toBe(parameters);
  });

  /** The sizes of a config.json that matter here, in the order of the table. */
  const sizes = (
    model_type: string,
    [
      hidden_size,
      intermediate_size,
      num_hidden_layers,
      num_attention_heads,
      num_key_value_heads,
      vocab_size,
    ]: readonly number[],
  ) => {
    return {
      model_type,
      hidden_size,
      intermediate_size,
      num_hidden_layers,
      num_attention_heads,
      num_key_value_heads,
      vocab_size,
      max_position_embeddings: 4096,
      tie_word_embeddings: false,
    };
  };
  const TIED = { tie_word_embeddings: true };
  const experts = (moe_intermediate_size: number) => ({
    head_dim: 128,
    num_experts: 128,
    num_experts_per_tok: 8,
    norm_topk_prob: true,
    moe_intermediate_size,
  });

  test.each<[string, string, readonly number[], object, number]>([
    ["SmolLM2 135M", "llama", [576, 1536, 30, 9, 3, 49_152], TIED, 134_515_008],
    ["TinyLlama 1.1B", "llama", [2048, 5632, 22, 32, 4, 32_000], {}, 1_100_048_384],
    ["Llama 3.2 1B", "llama", [2048, 8192, 16, 32, 8, 128_256], { ...TIED, head_dim: 64 }, 1_235_814_400],
    ["Llama 3.2 3B", "llama", [3072, 8192, 28, 24, 8, 128_256], { ...TIED, head_dim: 128 }, 3_212_749_824],
    ["Mistral 7B", "mistral", [4096, 14_336, 32, 32, 8, 32_000], {}, 7_241_732_096],
    ["Qwen2.5 7B", "qwen2", [3584, 18_944, 28, 28, 4, 152_064], {}, 7_615_616_512],
    ["Qwen3 8B", "qwen3", [4096, 12_288, 36, 32, 8, 151_936], { head_dim: 128 }, 8_190_735_360],
    ["Qwen3 30B-A3B", "qwen3_moe", [2048, 6144, 48, 32, 4, 151_936], experts(768), 30_532_122_624],
    ["Qwen3 235B-A22B", "qwen3_moe", [4096, 12_288, 94, 64, 4, 151_936], experts(1536), 235_093_634_560],
    ["Phi-3 mini", "phi3", [3072, 8192, 32, 32, 32, 32_064], {}, 3_821_079_552],
    ["SmolLM3 3B", "smollm3", [2048, 11_008, 36, 16, 4, 128_256], TIED, 3_075_098_624],
    ["Gemma 2B", "gemma", [2048, 16_384, 18, 8, 1, 256_000], { ...TIED, head_dim: 256 }, 2_506_172_416],
    ["Gemma 2 9B", "gemma2", [3584, 14_336, 42, 16, 8, 256_000], { ...TIED, head_dim: 256 }, 9_241_705_984],
    ["Gemma 2 27B", "gemma2", [4608, 36_864, 46, 32, 16, 256_000], { ...TIED, head_dim: 128 }, 27_227_128_320],
  ])("%s has the parameters of its published checkpoint", (name, family, numbers, changes, parameters) => {
    expect(parameterCount(shapeFromConfig({ ...sizes(family, numbers), ...changes }, name))).toBe(parameters);
  });

  test.each<[string, string, object]>([
    [
      "StarCoder",
      "GPTBigCodeForCausalLM",
      { model_type: "gpt_bigcode", n_embd: 6144, n_layer: 40, n_head: 48, multi_query: true },
    ],
    ["Nemotron-H", "NemotronHForCausalLM", { model_type: "nemotron_h", hybrid_override_pattern: "M-M-M-M*-" }],
    ["ERNIE 4.5", "Ernie4_5_MoeForCausalLM", { model_type: "ernie4_5_moe", moe_num_experts: 64 }],
    ["LFM2", "Lfm2ForCausalLM", { model_type: "lfm2" }],
    ["GPT-J", "GPTJForCausalLM", { model_type: "gptj", rotary_dim: 64 }],
    ["Phi-2", "PhiForCausalLM", { model_type: "phi", partial_rotary_factor: 0.4 }],
    ["Command R7B", "Cohere2ForCausalLM", { model_type: "cohere2", logit_scale: 0.25 }],
    ["DeepSeek V3", "DeepseekV3ForCausalLM", { model_type: "deepseek_v3", kv_lora_rank: 512 }],
    ["Mamba 2", "Mamba2ForCausalLM", { model_type: "mamba2", state_size: 128 }],
  ])("%s is refused by name", (_, architecture, changes) => {
    const named = () => shapeFromConfig({ ...LLAMA_3_1, ...changes, architectures: [architecture] });
    expect(named).toThrow(UnsupportedModelError);
    expect(named).toThrow(architecture);
    const typed = () => shapeFromConfig({ ...LLAMA_3_1, ...changes });
    expect(typed).toThrow(UnsupportedModelError);
    expect(typed).toThrow(`model_type "${(changes as { model_type: string }).model_type}" is not implemented`);
  });

  test("KV heads default to the query heads, null counts as absent", () => {
    for (const absent of [undefined, null]) {
      const shape = shapeFromConfig({ ...LLAMA_3_1, num_key_value_heads: absent });
      expect(shape.kvHeadCount).toBe(32);
      expect(kvBytesPerToken(shape, 16)).toBe(524_288);
    }
  });

  test("reads the text part of a model that sees images too", () => {
    expect(sizesOf(shapeFromConfig({ model_type: "gemma3", text_config: GEMMA_2 }))).toEqual(
      sizesOf(modelNamed("gemma-2-2b")),
    );
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
    [
      { ...LLAMA_3_1, num_key_value_heads: 5 },
      "config.json: num_attention_heads 32 is not a multiple of num_key_value_heads 5",
    ],
    [
      { ...LLAMA_3_1, hidden_size: 4097 },
      "config.json: head_dim is missing, and hidden_size 4097 is not a multiple of num_attention_heads 32",
    ],
    [{ ...LLAMA_3_1, tie_word_embeddings: 1 }, "config.json: tie_word_embeddings must be true or false, got 1"],
    [{ ...LLAMA_3_1, text_config: 3 }, "config.json: text_config must be an object or null, got 3"],
  ])("names the key and the value of %j", (config, message) => {
    expect(() => shapeFromConfig(config)).toThrow(InvalidModelError);
    expect(() => shapeFromConfig(config)).toThrow(message);
  });

  test.skipIf(noSharedModels)(`counts the parameters of the small models${ifShared}`, () => {
    const count = (folder: string) =>
      parameterCount(shapeFromConfig(JSON.parse(readFileSync(`${sharedModels}${folder}/config.json`, "utf8"))));
    expect(count("stories260K-hf")).toBe(260_032);
    expect(count("babyllama105-hf")).toBe(936_448);
  });
});
