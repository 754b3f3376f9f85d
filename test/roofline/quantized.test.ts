import { expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { shapeFromConfig, weightFormatFromConfig } from "../../src/roofline/index.ts";

const of = (quantization_config: unknown) => weightFormatFromConfig({ quantization_config }, "c.json");

test("a checkpoint without the key has the default", () => {
  expect([weightFormatFromConfig({}), of(null), weightFormatFromConfig(null)]).toEqual([null, null, null]);
});

test.each([
  [{ quant_method: "fp8", activation_scheme: "dynamic" }, 8, "fp8"],
  [{ quant_method: "awq", bits: 4 }, 4, "fp16"],
  [{ quant_method: "gptq", bits: 8 }, 8, "fp16"],
  [{ quant_method: "mxfp4" }, 4.25, "fp16"],
  [{ quant_method: "bitsandbytes", load_in_4bit: true }, 4, "fp16"],
  [
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 8, type: "float" }, input_activations: { num_bits: 8 } } },
    },
    8,
    "fp8",
  ],
  [
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 8, type: "int" }, input_activations: { num_bits: 8 } } },
    },
    8,
    "int8",
  ],
  [
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 4, type: "int" }, input_activations: null } },
    },
    4,
    "fp16",
  ],
])("%j", (config, weightBits, arithmetic) => {
  expect(of(config)).toEqual({ weightBits, arithmetic });
});

test("what is not known is refused with file and value", () => {
  expect(() => of({ quant_method: "aqlm" })).toThrow(UnsupportedModelError);
  expect(() => of({ quant_method: "aqlm" })).toThrow(
    /c\.json: quantization_config has quant_method "aqlm"; known: fp8/,
  );
  expect(() => of({ quant_method: "gptq", bits: 99 })).toThrow(InvalidModelError);
  expect(() => of("int4")).toThrow(/c\.json: quantization_config must be a JSON object, got "int4"/);
  expect(() => of({ quant_method: "compressed-tensors" })).toThrow(InvalidModelError);
});

test("the shape does not depend on it", () => {
  const config = {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    vocab_size: 100,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-5,
    hidden_act: "silu",
    tie_word_embeddings: false,
  };
  expect(shapeFromConfig({ ...config, quantization_config: { quant_method: "fp8" } })).toEqual(shapeFromConfig(config));
});
