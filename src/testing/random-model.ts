import type { LayerWeights, Model, ModelConfig, Tensor } from "../model.ts";
import { uniform } from "../sampling/threefry.ts";

/** Changes to the shape of a random model, and to its output matrix. */
export interface RandomModelOptions extends Partial<ModelConfig> {
  /** Give tokens 2i and 2i+1 the same output row, so that every greedy choice is a tie. Default false. */
  readonly tiedLogits?: boolean;
}

/** Grouped-query attention, an odd vocabulary and an intermediate size that is no power of two; small enough for thousands of steps. */
const SMALL: ModelConfig = {
  architecture: "LlamaForCausalLM",
  vocabSize: 97,
  hiddenSize: 32,
  intermediateSize: 44,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 8,
  contextLength: 128,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  tiedEmbeddings: false,
};

/** Output rows this much larger than the others spread the logits, so that greedy choices are seldom near a tie. */
const HEAD_GAIN = 4;

/** A tiny Llama with random float32 weights: the same seed and options give the same model, on every machine. */
export function randomModel(seed: number, options: RandomModelOptions = {}): Model {
  const { tiedLogits = false, ...overrides } = options;
  const config: ModelConfig = { ...SMALL, ...overrides };
  const random = new RandomTensors(seed);
  const { vocabSize, hiddenSize, layerCount, tiedEmbeddings } = config;
  const embedding = random.matrix("model.embed_tokens.weight", vocabSize, hiddenSize, 1);
  const layers = Array.from({ length: layerCount }, (_, layer) => randomLayer(random, config, layer));
  const finalNorm = random.norm("model.norm.weight", hiddenSize);
  const head = tiedEmbeddings ? embedding : random.matrix("lm_head.weight", vocabSize, hiddenSize, HEAD_GAIN);
  return { config, embedding, layers, finalNorm, head: tiedLogits ? withRowPairs(head) : head };
}

function randomLayer(random: RandomTensors, config: ModelConfig, layer: number): LayerWeights {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const name = (rest: string): string => `model.layers.${layer}.${rest}.weight`;
  const [queries, keys] = [headCount * headDim, kvHeadCount * headDim];
  return {
    attentionNorm: random.norm(name("input_layernorm"), hiddenSize),
    query: random.matrix(name("self_attn.q_proj"), queries, hiddenSize, 2),
    key: random.matrix(name("self_attn.k_proj"), keys, hiddenSize, 2),
    value: random.matrix(name("self_attn.v_proj"), keys, hiddenSize, 1),
    output: random.matrix(name("self_attn.o_proj"), hiddenSize, queries, 1),
    feedForwardNorm: random.norm(name("post_attention_layernorm"), hiddenSize),
    gate: random.matrix(name("mlp.gate_proj"), intermediateSize, hiddenSize, 1),
    up: random.matrix(name("mlp.up_proj"), intermediateSize, hiddenSize, 1),
    down: random.matrix(name("mlp.down_proj"), hiddenSize, intermediateSize, 1),
  };
}

/** Makes tensors whose numbers depend on the seed and on how many tensors were made before. */
class RandomTensors {
  readonly #seed: number;
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Numbers of mean 0 and standard deviation `gain / sqrt(columns)`: products keep the size of their input. */
  matrix(name: string, rows: number, columns: number, gain: number): Tensor {
    const spread = gain * Math.sqrt(12 / columns);
    return this.#tensor(name, [rows, columns], (u) => (u - 0.5) * spread);
  }

  /** Numbers between 0.5 and 1.5. */
  norm(name: string, size: number): Tensor {
    return this.#tensor(name, [size], (u) => 0.5 + u);
  }

  #tensor(name: string, shape: readonly number[], toNumber: (u: number) => number): Tensor {
    const serial = this.#made++;
    const bytes = new Uint8Array(4 * shape.reduce((a, b) => a * b, 1));
    const view = new DataView(bytes.buffer);
    for (let i = 0; 4 * i < bytes.length; i++) view.setFloat32(4 * i, toNumber(uniform(this.#seed, 0, serial, i)), true);
    return { name, dtype: "F32", shape, bytes };
  }
}

function withRowPairs(matrix: Tensor): Tensor {
  const rowBytes = matrix.bytes.length / matrix.shape[0];
  const bytes = matrix.bytes.slice();
  for (let row = 1; row < matrix.shape[0]; row += 2) bytes.copyWithin(row * rowBytes, (row - 1) * rowBytes, row * rowBytes);
  return { ...matrix, bytes };
}
