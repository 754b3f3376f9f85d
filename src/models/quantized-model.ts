import type { LayerWeights, LazyTensor, Model } from "../model.ts";
import { FORMATS, quantize, type QuantizedDType, rowLength } from "../quantization/index.ts";

const MATRICES = ["query", "key", "value", "output", "gate", "up", "down"] as const;

/** The model with its matrices quantized as they are read; the same where `dtype` is absent. */
export function quantizedModel(model: Model<LazyTensor>, dtype: QuantizedDType | undefined): Model<LazyTensor> {
  if (dtype === undefined) return model;
  const embedding = quantized(model.embedding, "Q8_0");
  return {
    ...model,
    embedding,
    layers: model.layers.map((layer) => quantizedLayer(layer, dtype)),
    head: model.head === model.embedding ? embedding : quantized(model.head, "Q8_0"),
  };
}

function quantizedLayer(layer: LayerWeights<LazyTensor>, dtype: QuantizedDType): LayerWeights<LazyTensor> {
  const matrices = MATRICES.map((name) => [name, quantized(layer[name], dtype)]);
  return { ...layer, ...(Object.fromEntries(matrices) as Pick<LayerWeights<LazyTensor>, (typeof MATRICES)[number]>) };
}

function quantized(tensor: LazyTensor, dtype: QuantizedDType): LazyTensor {
  const narrower = bitsOf(tensor.dtype) > bitsOf(dtype);
  if (!narrower || rowLength(tensor) % FORMATS[dtype].blockSize !== 0) return tensor;
  const read = async (): Promise<Uint8Array> => quantize({ ...tensor, bytes: await tensor.read() }, dtype).bytes;
  return { ...tensor, dtype, read };
}

function bitsOf(dtype: LazyTensor["dtype"]): number {
  return (8 * FORMATS[dtype].blockBytes) / FORMATS[dtype].blockSize;
}
