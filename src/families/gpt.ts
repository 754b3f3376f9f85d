import { type DecoderConfig, type DecoderSizes, plainDecoder } from "../decoder.ts";
import type { Family } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readActivation, readLayers, readSizes, readWindow } from "./sizes.ts";

/** Families with LayerNorm, biases and a feed-forward that is not gated; the roofline alone reads them. */

function gptDecoder(fields: Fields, sizes: DecoderSizes, parts: Partial<DecoderConfig>): DecoderConfig {
  return plainDecoder(0, {
    ...sizes,
    norm: { kind: "layer", epsilon: fields.positiveNumber("layer_norm_epsilon", 1e-5), place: "before" },
    biases: { qkv: true, output: true, feedForward: true },
    gated: false,
    ...parts,
  });
}

/** GPT-2 (Radford et al. 2019), with learned positions. */
export const gpt2: Family = {
  modelType: "gpt2",
  architectures: ["GPT2LMHeadModel"],
  ggufArchitecture: null,
  layout: null,
  read: (fields) => {
    const hiddenSize = fields.positiveInteger("n_embd");
    const headCount = fields.positiveInteger("n_head");
    if (hiddenSize % headCount !== 0) fields.fail("n_head", `a divisor of n_embd ${hiddenSize}`, headCount);
    const contextLength = fields.positiveInteger("n_positions", 1024);
    const layer = { window: null, rope: null, experts: false };
    return gptDecoder(
      fields,
      {
        vocabSize: fields.positiveInteger("vocab_size"),
        hiddenSize,
        intermediateSize: fields.positiveInteger("n_inner", 4 * hiddenSize),
        headCount,
        kvHeadCount: headCount,
        headDim: hiddenSize / headCount,
        contextLength,
      },
      {
        architecture: "GPT2LMHeadModel",
        layers: Array.from({ length: fields.positiveInteger("n_layer") }, () => layer),
        learnedPositions: contextLength,
        activation: readActivation(fields, "activation_function", "gelu_new"),
        tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
      },
    );
  },
};

/** GPT-NeoX and Pythia (arXiv 2204.06745). */
export const gptNeox: Family = {
  modelType: "gpt_neox",
  architectures: ["GPTNeoXForCausalLM"],
  ggufArchitecture: null,
  layout: null,
  read: (fields) => {
    const sizes = readSizes(fields, { max_position_embeddings: 2048 });
    const bias = fields.boolean("attention_bias", true);
    return gptDecoder(fields, sizes, {
      architecture: "GPTNeoXForCausalLM",
      layers: readLayers(fields, null, () => false),
      biases: { qkv: bias, output: bias, feedForward: true },
      activation: readActivation(fields, "hidden_act", "gelu"),
      tiedEmbeddings: fields.boolean("tie_word_embeddings", false),
    });
  },
};

/** StarCoder2 (arXiv 2402.19173). */
export const starcoder2: Family = {
  modelType: "starcoder2",
  architectures: ["Starcoder2ForCausalLM"],
  ggufArchitecture: null,
  layout: null,
  read: (fields) => {
    const bias = fields.boolean("use_bias", true);
    return gptDecoder(fields, readSizes(fields), {
      architecture: "Starcoder2ForCausalLM",
      layers: readLayers(fields, readWindow(fields), () => true),
      biases: { qkv: bias, output: bias, feedForward: bias },
      activation: readActivation(fields, "hidden_act", "gelu_pytorch_tanh"),
      tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
    });
  },
};
