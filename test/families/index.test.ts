import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { type DecoderConfig, plainDecoder } from "../../src/decoder.ts";
import { decoderFromConfig, KNOWN_ARCHITECTURES } from "../../src/families/index.ts";

const parseConfig = (json: Record<string, unknown>): DecoderConfig => decoderFromConfig(json).config;

const REQUIRED = {
  architectures: ["LlamaForCausalLM"],
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

test("takes Hugging Face's defaults for what is absent or null", () => {
  const defaults = plainDecoder(32, {
    vocabSize: 32_000,
    hiddenSize: 4096,
    intermediateSize: 11_008,
    headCount: 32,
    kvHeadCount: 32,
    headDim: 128,
    contextLength: 2048,
    norm: { kind: "rms", epsilon: 1e-6, place: "before" },
  });
  expect(parseConfig(REQUIRED)).toEqual(defaults);
  expect(
    parseConfig({
      ...REQUIRED,
      num_key_value_heads: null,
      head_dim: null,
      rope_scaling: null,
      hidden_act: null,
      attention_bias: null,
      quantization_config: null,
    }),
  ).toEqual(defaults);
});

/** Heads of keys and values that each class of transformers has by default. */
test.each([
  ["LlamaForCausalLM", 64],
  ["MistralForCausalLM", 8],
  ["Qwen2ForCausalLM", 32],
  ["Qwen3ForCausalLM", 32],
  ["Qwen3MoeForCausalLM", 4],
  ["SmolLM3ForCausalLM", 4],
  ["Phi3ForCausalLM", 64],
  ["Gemma2ForCausalLM", 4],
])(
  "%s has %d heads of keys where num_key_value_heads is absent, and as many as of queries where it is null",
  (name, heads) => {
    const experts = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 768, norm_topk_prob: true };
    const config = {
      ...REQUIRED,
      num_attention_heads: 64,
      architectures: [name],
      ...(name === "Qwen3MoeForCausalLM" && experts),
    };
    expect(parseConfig(config).kvHeadCount).toBe(heads);
    expect(parseConfig({ ...config, num_key_value_heads: null }).kvHeadCount).toBe(64);
  },
);

test("takes what is there", () => {
  const given = {
    num_key_value_heads: 8,
    head_dim: 64,
    max_position_embeddings: 131_072,
    rms_norm_eps: 1e-5,
    rope_theta: 5e5,
    tie_word_embeddings: true,
  };
  expect(parseConfig({ ...REQUIRED, ...given })).toMatchObject({
    kvHeadCount: 8,
    headDim: 64,
    contextLength: 131_072,
    norm: { epsilon: 1e-5 },
    ropes: [{ theta: 5e5 }],
    tiedEmbeddings: true,
  });
});

test("knows the architecture by model_type where architectures is absent", () => {
  expect(parseConfig({ ...REQUIRED, architectures: undefined, model_type: "llama" }).architecture).toBe(
    "LlamaForCausalLM",
  );
});

test("a head_dim of its own need not divide hidden_size", () => {
  expect(parseConfig({ ...REQUIRED, hidden_size: 100, num_attention_heads: 6, head_dim: 16 }).headDim).toBe(16);
});

describe("refuses what it cannot run, by name", () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { architectures: ["GPTJForCausalLM"] },
      `architecture "GPTJForCausalLM" is not implemented, only ${KNOWN_ARCHITECTURES}`,
    ],
    [
      { architectures: ["LlamaForCausalLM", "Other"] },
      `architecture "Other" is not implemented, only ${KNOWN_ARCHITECTURES}`,
    ],
    [
      { architectures: undefined, model_type: "lfm2" },
      `model_type "lfm2" is not implemented, only ${KNOWN_ARCHITECTURES}`,
    ],
    [
      { hidden_act: "softplus" },
      'hidden_act "softplus" is not implemented, only silu, swish, gelu_pytorch_tanh, gelu_new, gelu, relu',
    ],
    [{ model_type: "deepseek" }, `model_type "deepseek" is not implemented, only ${KNOWN_ARCHITECTURES}`],
    [{ lm_head_bias: true }, "lm_head_bias true is not implemented for LlamaForCausalLM"],
    [{ use_qk_norm: true }, "use_qk_norm true is not implemented for LlamaForCausalLM"],
    [{ multi_query: true }, "multi_query true is not implemented for LlamaForCausalLM"],
    [{ moe_num_experts: 64 }, "moe_num_experts 64 is not implemented for LlamaForCausalLM"],
    [
      { quantization_config: { quant_method: "gptq" } },
      'quantization_config {"quant_method":"gptq"} is not implemented, only F32, F16 and BF16 weights',
    ],
  ])("%j", (changes, message) => {
    expect(() => parseConfig({ ...REQUIRED, ...changes })).toThrow(
      new UnsupportedModelError(`config.json: ${message}`),
    );
  });
});

describe("refuses missing, mistyped and contradictory values", () => {
  test.each(Object.keys(REQUIRED))("no %s", (key) => {
    expect(() => parseConfig({ ...REQUIRED, [key]: undefined })).toThrow(InvalidModelError);
    expect(() => parseConfig({ ...REQUIRED, [key]: undefined })).toThrow(
      new RegExp(String.raw`^config\.json: ${key} must be .*, it is missing$`),
    );
  });

  test.each<[Record<string, unknown>, string]>([
    [{ model_type: "qwen3" }, 'architectures ["LlamaForCausalLM"] and model_type "qwen3" contradict each other'],
    [{ architectures: [] }, "architectures must be a list of names, got []"],
    [{ architectures: "LlamaForCausalLM" }, 'architectures must be a list of names, got "LlamaForCausalLM"'],
    [{ hidden_size: "4096" }, 'hidden_size must be a positive integer, got "4096"'],
    [{ num_hidden_layers: 0 }, "num_hidden_layers must be a positive integer, got 0"],
    [{ vocab_size: 1.5 }, "vocab_size must be a positive integer, got 1.5"],
    [{ max_position_embeddings: -1 }, "max_position_embeddings must be a positive integer, got -1"],
    [{ rms_norm_eps: 0 }, "rms_norm_eps must be a positive number, got 0"],
    [{ tie_word_embeddings: "yes" }, 'tie_word_embeddings must be true or false, got "yes"'],
    [{ num_key_value_heads: 5 }, "num_attention_heads 32 is not a multiple of num_key_value_heads 5"],
    [{ num_key_value_heads: 64 }, "num_attention_heads 32 is not a multiple of num_key_value_heads 64"],
    [{ hidden_size: 4100 }, "head_dim is missing, and hidden_size 4100 is not a multiple of num_attention_heads 32"],
    [{ head_dim: 127 }, "head_dim must be even for the rotary embedding, got 127"],
    [{ hidden_size: 96 }, "head_dim must be even for the rotary embedding, got 3"],
    [{ head_dim: 0 }, "head_dim must be a positive integer, got 0"],
  ])("%j", (changes, message) => {
    expect(() => parseConfig({ ...REQUIRED, ...changes })).toThrow(new InvalidModelError(`config.json: ${message}`));
  });
});

test("Mistral has its class's window, unless null switches it off", () => {
  const windows = (changes: Record<string, unknown>) => {
    const { layers } = parseConfig({ ...REQUIRED, architectures: ["MistralForCausalLM"], ...changes });
    return [...new Set(layers.map(({ window }) => window))];
  };
  expect(windows({})).toEqual([4096]);
  expect(windows({ sliding_window: null })).toEqual([null]);
  expect(windows({ sliding_window: 48 })).toEqual([48]);
});
