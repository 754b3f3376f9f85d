import { type LayerWeights, type Model, type Tensor, toFloat32 } from "../../model.ts";

/** The matrices and vectors of one layer, by the model's names. */
export type WideLayer = Readonly<Record<keyof LayerWeights, Float32Array>>;

/** A model's numbers as float32, which holds every stored kind exactly. */
export interface WideWeights {
  readonly embedding: Float32Array;
  readonly layers: readonly WideLayer[];
  readonly finalNorm: Float32Array;
  readonly head: Float32Array;
}

/** Widens each tensor once; a head that is the embedding shares its array. */
export function widen(model: Model): WideWeights {
  const embedding = toFloat32(model.embedding);
  return {
    embedding,
    layers: model.layers.map(widenLayer),
    finalNorm: toFloat32(model.finalNorm),
    head: model.head.bytes === model.embedding.bytes ? embedding : toFloat32(model.head),
  };
}

function widenLayer(layer: LayerWeights): WideLayer {
  const entries = Object.entries(layer).map(([name, tensor]: [string, Tensor]) => [name, toFloat32(tensor)]);
  return Object.fromEntries(entries) as WideLayer;
}
