import type { DecoderConfig } from "../../decoder.ts";
import type { LayerWeights } from "../../model.ts";
import { type MatrixPlan, PADDING, type WeightTensor } from "./packing.ts";
import { shapeOf, vectors } from "./shape.ts";

/** The weights of one layer, in memory or not. */
export type AnyLayerWeights = LayerWeights<WeightTensor>;

/** Key heads whose keys and values lie in one buffer. */
export interface HeadRange {
  readonly firstHead: number;
  readonly headCount: number;
}

/** A feed-forward branch: numbers of its rows, and how many experts there are of it, 1 where it is none. */
export interface FeedForwardSize {
  readonly intermediateSize: number;
  readonly matrixCount: number;
}

/** [hidden state, token]: input ids' embeddings and output logits are laid out alike. */
export function vocabularyMatrix(tensor: WeightTensor, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  return {
    ...onlySource(tensor, null),
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    ...oneSource(padded(config.vocabSize, 4 * shape.vocabulary)),
  };
}

/** Columns of heads.wgsl for some key heads of layer `number`: their query heads, the key heads, the value heads. */
export function qkvMatrix(
  layer: AnyLayerWeights,
  config: DecoderConfig,
  number: number,
  { firstHead, headCount }: HeadRange,
): MatrixPlan {
  const shape = shapeOf(config);
  const { headDim } = config;
  const pairs = rotatedOrder(config, number);
  const plain = padded(headDim, 4 * shape.head);
  const parts = [
    { source: 0, first: firstHead * shape.sharing, count: headCount * shape.sharing, order: pairs },
    { source: 1, first: firstHead, count: headCount, order: pairs },
    { source: 2, first: firstHead, count: headCount, order: plain },
  ];
  const columns = parts.flatMap(({ source, first, count, order }) =>
    Array.from({ length: count }, (_, head) =>
      Array.from(order, (i) => (i === PADDING ? [PADDING, PADDING] : [source, (first + head) * headDim + i])),
    ).flat(),
  );
  return {
    label: `${layer.query.name} with key and value`,
    sources: [layer.query, layer.key, layer.value],
    biases: [layer.queryBias, layer.keyBias, layer.valueBias],
    matrixCount: 1,
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    columnSources: Int32Array.from(columns, ([source]) => source),
    columnRows: Int32Array.from(columns, ([, row]) => row),
  };
}

/** Inputs are heads, padded one by one. */
export function outputMatrix(layer: AnyLayerWeights, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  const head = padded(config.headDim, 4 * shape.head);
  const inputs = Array.from({ length: config.headCount }, (_, h) =>
    Array.from(head, (i) => (i === PADDING ? PADDING : h * config.headDim + i)),
  ).flat();
  const columns = oneSource(padded(config.hiddenSize, 4 * shape.hidden));
  return { ...onlySource(layer.output, layer.outputBias), inputs: Int32Array.from(inputs), ...columns };
}

/**
 * Columns alternate between gate and up, as store-gated.wgsl wants them. Rows of `intermediateSize` numbers, a matrix
 * an expert.
 */
export function gateUpMatrix(
  layer: AnyLayerWeights,
  config: DecoderConfig,
  { intermediateSize, matrixCount }: FeedForwardSize,
): MatrixPlan {
  const shape = shapeOf(config);
  const rows = padded(intermediateSize, 4 * vectors(intermediateSize));
  return {
    matrixCount,
    label: `${layer.gate.name} with up`,
    sources: [layer.gate, layer.up],
    biases: [layer.gateBias, layer.upBias],
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    columnSources: Int32Array.from({ length: 2 * rows.length }, (_, i) => (rows[i >> 1] === PADDING ? PADDING : i & 1)),
    columnRows: Int32Array.from({ length: 2 * rows.length }, (_, i) => rows[i >> 1]),
  };
}

export function downMatrix(
  layer: AnyLayerWeights,
  config: DecoderConfig,
  { intermediateSize, matrixCount }: FeedForwardSize,
): MatrixPlan {
  const shape = shapeOf(config);
  return {
    ...onlySource(layer.down, layer.downBias),
    matrixCount,
    inputs: padded(intermediateSize, 4 * vectors(intermediateSize)),
    ...oneSource(padded(config.hiddenSize, 4 * shape.hidden)),
  };
}

/** Logits of the experts: [hidden state, expert]. */
export function routerMatrix(router: WeightTensor, config: DecoderConfig, count: number): MatrixPlan {
  const shape = shapeOf(config);
  return {
    ...onlySource(router, null),
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    ...oneSource(padded(count, 4 * vectors(count))),
  };
}

function onlySource(
  tensor: WeightTensor,
  bias: WeightTensor | null,
): Pick<MatrixPlan, "label" | "sources" | "biases" | "matrixCount"> {
  return { label: tensor.name, sources: [tensor], biases: [bias], matrixCount: 1 };
}

/** 0, 1, ... count - 1, then padding up to `length`. */
function padded(count: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => (i < count ? i : PADDING));
}

function oneSource(columnRows: Int32Array): Pick<MatrixPlan, "columnSources" | "columnRows"> {
  return { columnRows, columnSources: columnRows.map((row) => (row === PADDING ? PADDING : 0)) };
}

/**
 * A head's dimensions as layer `number` stores them: in pairs that are rotated, 0, half, 1, half + 1, ..., then the
 * others.
 */
export function rotatedOrder({ headDim, layers, ropes }: DecoderConfig, number: number): Int32Array {
  const { rope } = layers[number];
  const rotated = rope === null ? 0 : ropes[rope].dimensions;
  const dimension = (i: number): number => (i < rotated ? (i >> 1) + (i & 1) * (rotated / 2) : i);
  return Int32Array.from({ length: 4 * vectors(headDim) }, (_, i) => (i < headDim ? dimension(i) : PADDING));
}
