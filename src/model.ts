/**
 * A model as a backend sees it: shape and weights, no files. `bstar/models` makes one from a folder; anything else
 * that fills these fields will do.
 */

/** How the numbers of a tensor are stored, by their safetensors names. */
export type DType = "F32" | "F16" | "BF16";

/** A row-major array of numbers as it was stored; `toFloat32` widens it. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian numbers, `elements * bytes per element` long. */
  readonly bytes: Uint8Array;
}

/** Rotary embedding's frequency scaling; `null` leaves them as they are. */
export type RopeScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    };

/** Shape of a LlamaForCausalLM. Lengths in numbers, not bytes. */
export interface ModelConfig {
  readonly architecture: "LlamaForCausalLM";
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  readonly contextLength: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  readonly tiedEmbeddings: boolean;
}

/** One transformer layer. Matrices are [out, in], as Hugging Face stores them. */
export interface LayerWeights {
  /** [hiddenSize] */
  readonly attentionNorm: Tensor;
  /** [headCount * headDim, hiddenSize] */
  readonly query: Tensor;
  /** [kvHeadCount * headDim, hiddenSize] */
  readonly key: Tensor;
  /** [kvHeadCount * headDim, hiddenSize] */
  readonly value: Tensor;
  /** [hiddenSize, headCount * headDim] */
  readonly output: Tensor;
  /** [hiddenSize] */
  readonly feedForwardNorm: Tensor;
  /** [intermediateSize, hiddenSize] */
  readonly gate: Tensor;
  /** [intermediateSize, hiddenSize] */
  readonly up: Tensor;
  /** [hiddenSize, intermediateSize] */
  readonly down: Tensor;
}

/** Shape and weights. Tensors may be views into one file's bytes: treat them as read-only. */
export interface Model {
  readonly config: ModelConfig;
  /** [vocabSize, hiddenSize] */
  readonly embedding: Tensor;
  readonly layers: readonly LayerWeights[];
  /** [hiddenSize] */
  readonly finalNorm: Tensor;
  /** [vocabSize, hiddenSize]; the embedding itself where they are tied. */
  readonly head: Tensor;
}

const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = { F32: 4, F16: 2, BF16: 2 };

export function bytesPerElement(dtype: DType): number {
  return BYTES_PER_ELEMENT[dtype];
}

/** Numbers of the tensor as float32 (every F16 and BF16 number is one exactly). Always a copy. */
export function toFloat32(tensor: Tensor): Float32Array {
  const { bytes, dtype } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength / BYTES_PER_ELEMENT[dtype]);
  if (dtype === "F32") for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(4 * i, true);
  else if (dtype === "F16") for (let i = 0; i < out.length; i++) out[i] = halfToNumber(view.getUint16(2 * i, true));
  else {
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < out.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
  }
  return out;
}

/** IEEE 754 binary16 to a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Inverse frequencies of the rotary embedding, radians a position: [headDim / 2]. Pair i is (i, i + headDim/2).
 * Source: RoFormer (arXiv 2104.09864); scaling "llama3" as in Llama 3.1's reference code.
 */
export function ropeInverseFrequencies(config: ModelConfig): Float64Array {
  const half = config.headDim / 2;
  const frequencies = new Float64Array(half);
  for (let i = 0; i < half; i++) {
    frequencies[i] = scaleFrequency(config.ropeTheta ** (-(2 * i) / config.headDim), config.ropeScaling);
  }
  return frequencies;
}

function scaleFrequency(frequency: number, scaling: RopeScaling | null): number {
  if (scaling === null) return frequency;
  if (scaling.kind === "linear") return frequency / scaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  const turns = (originalContextLength * frequency) / (2 * Math.PI);
  if (turns > highFrequencyFactor) return frequency;
  if (turns < lowFrequencyFactor) return frequency / factor;
  const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}
