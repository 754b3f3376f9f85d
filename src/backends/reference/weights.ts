import type { LayerWeights, Model, Tensor } from "../../model.ts";
import { toFloat32 } from "../../quantization/index.ts";
import { Matrix } from "./matrix.ts";

const MATRICES = ["query", "key", "value", "output", "gate", "up", "down", "router"] as const;
type MatrixName = (typeof MATRICES)[number];
type Optional = { [K in keyof LayerWeights]: null extends LayerWeights[K] ? K : never }[keyof LayerWeights];

/** The matrices and vectors of one layer, by the model's names. */
export type LayerNumbers = {
  readonly [K in keyof LayerWeights]:
    | (K extends MatrixName ? Matrix : Float32Array)
    | (K extends Optional ? null : never);
};

/** A model's weights as the loops read them. */
export interface Weights {
  readonly embedding: Matrix;
  readonly layers: readonly LayerNumbers[];
  readonly finalNorm: Float32Array;
  readonly head: Matrix;
}

/** A head that is the embedding shares its matrix. `roundsInputs` is `Matrix`'s. */
export function openWeights(model: Model, roundsInputs = false): Weights {
  const embedding = new Matrix(model.embedding, roundsInputs);
  const head = model.head.bytes === model.embedding.bytes ? embedding : new Matrix(model.head, roundsInputs);
  const layers = model.layers.map((layer) => openLayer(layer, roundsInputs));
  return { embedding, layers, finalNorm: toFloat32(model.finalNorm), head };
}

function openLayer(layer: LayerWeights, roundsInputs: boolean): LayerNumbers {
  const open = (name: string, tensor: Tensor): Matrix | Float32Array =>
    (MATRICES as readonly string[]).includes(name) ? new Matrix(tensor, roundsInputs) : toFloat32(tensor);
  const entries = Object.entries(layer).map(([name, tensor]: [string, Tensor | null]) => [
    name,
    tensor && open(name, tensor),
  ]);
  return Object.fromEntries(entries) as LayerNumbers;
}
