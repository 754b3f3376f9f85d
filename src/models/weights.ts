import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import type { DType, LayerWeights, Model, ModelConfig, Tensor } from "../model.ts";
import { excerpt } from "./json.ts";
import type { StoredTensor } from "./safetensors.ts";

type Tensors = ReadonlyMap<string, StoredTensor>;
type Take = (name: string, shape: readonly number[]) => Tensor;

/**
 * Joins tensors and shape by the names that Hugging Face's LlamaForCausalLM stores. Tensors that no weight needs (such as
 * `rotary_emb.inv_freq` of old checkpoints, or `lm_head.weight` beside tied embeddings) are left out.
 *
 * Throws `InvalidModelError` for a missing tensor or another shape than the config's, `UnsupportedModelError` for a dtype
 * that no backend computes with.
 */
export function assembleModel(config: ModelConfig, tensors: Tensors): Model {
  const take: Take = (name, shape) => takeTensor(tensors, name, shape);
  const table = [config.vocabSize, config.hiddenSize];
  const embedding = take("model.embed_tokens.weight", table);
  const layers = Array.from({ length: config.layerCount }, (_, layer) => takeLayer(config, layer, take));
  return {
    config,
    embedding,
    layers,
    finalNorm: take("model.norm.weight", [config.hiddenSize]),
    head: config.tiedEmbeddings ? embedding : takeHead(tensors, table),
  };
}

function takeLayer(config: ModelConfig, layer: number, take: Take): LayerWeights {
  const { hiddenSize, intermediateSize, headDim } = config;
  const queryWidth = config.headCount * headDim;
  const keyWidth = config.kvHeadCount * headDim;
  const weight = (name: string, ...shape: number[]) => take(`model.layers.${layer}.${name}.weight`, shape);
  return {
    attentionNorm: weight("input_layernorm", hiddenSize),
    query: weight("self_attn.q_proj", queryWidth, hiddenSize),
    key: weight("self_attn.k_proj", keyWidth, hiddenSize),
    value: weight("self_attn.v_proj", keyWidth, hiddenSize),
    output: weight("self_attn.o_proj", hiddenSize, queryWidth),
    feedForwardNorm: weight("post_attention_layernorm", hiddenSize),
    gate: weight("mlp.gate_proj", intermediateSize, hiddenSize),
    up: weight("mlp.up_proj", intermediateSize, hiddenSize),
    down: weight("mlp.down_proj", hiddenSize, intermediateSize),
  };
}

function takeHead(tensors: Tensors, shape: readonly number[]): Tensor {
  if (!tensors.has("lm_head.weight")) throw new InvalidModelError("lm_head.weight is missing, and config.json does not set tie_word_embeddings");
  return takeTensor(tensors, "lm_head.weight", shape);
}

function takeTensor(tensors: Tensors, name: string, shape: readonly number[]): Tensor {
  const stored = tensors.get(name);
  if (stored === undefined) throw new InvalidModelError(`${name} is missing among the weights`);
  const same = stored.shape.length === shape.length && shape.every((length, i) => length === stored.shape[i]);
  if (!same) throw new InvalidModelError(`${name} has shape ${spell(stored.shape)}, config.json implies ${spell(shape)}`);
  const { dtype } = stored;
  if (!isComputable(dtype)) throw new UnsupportedModelError(`${name} has dtype ${dtype}, only F32, F16 and BF16 are implemented`);
  return { name, dtype, shape: stored.shape, bytes: stored.bytes };
}

const COMPUTABLE: ReadonlySet<string> = new Set<DType>(["F32", "F16", "BF16"]);

function isComputable(dtype: string): dtype is DType {
  return COMPUTABLE.has(dtype);
}

function spell(shape: readonly number[]): string {
  return excerpt(shape).replaceAll(",", ", ");
}
