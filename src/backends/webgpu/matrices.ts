import type { DecoderConfig } from "../../decoder.ts";
import type { LayerWeights, Model, Tensor } from "../../model.ts";
import { type MatrixPlan, PADDING } from "./packing.ts";
import { shapeOf } from "./shape.ts";

/** Key heads whose keys and values lie in one buffer. */
export interface HeadRange {
  readonly firstHead: number;
  readonly headCount: number;
}

/** [hidden state, token]: input ids' embeddings and output logits are laid out alike. */
export function vocabularyMatrix(label: string, tensor: Tensor, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  return {
    label,
    sources: [tensor],
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    ...oneSource(padded(config.vocabSize, 4 * shape.vocabulary)),
  };
}

/** Columns of store-qkv.wgsl for some key heads: their query heads, the key heads, the value heads. */
export function qkvMatrix(layer: LayerWeights, config: DecoderConfig, { firstHead, headCount }: HeadRange): MatrixPlan {
  const shape = shapeOf(config);
  const { headDim } = config;
  const pairs = rotatedOrder(headDim, 4 * shape.head);
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
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    columnSources: Int32Array.from(columns, ([source]) => source),
    columnRows: Int32Array.from(columns, ([, row]) => row),
  };
}

/** Inputs are heads, padded one by one. */
export function outputMatrix(layer: LayerWeights, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  const head = padded(config.headDim, 4 * shape.head);
  const inputs = Array.from({ length: config.headCount }, (_, h) =>
    Array.from(head, (i) => (i === PADDING ? PADDING : h * config.headDim + i)),
  ).flat();
  const columns = oneSource(padded(config.hiddenSize, 4 * shape.hidden));
  return { label: layer.output.name, sources: [layer.output], inputs: Int32Array.from(inputs), ...columns };
}

/** Columns alternate between gate and up, as store-swiglu.wgsl wants them. */
export function gateUpMatrix(layer: LayerWeights, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  const rows = padded(config.intermediateSize, 4 * shape.intermediate);
  return {
    label: `${layer.gate.name} with up`,
    sources: [layer.gate, layer.up],
    inputs: padded(config.hiddenSize, 4 * shape.hidden),
    columnSources: Int32Array.from({ length: 2 * rows.length }, (_, i) => (rows[i >> 1] === PADDING ? PADDING : i & 1)),
    columnRows: Int32Array.from({ length: 2 * rows.length }, (_, i) => rows[i >> 1]),
  };
}

export function downMatrix(layer: LayerWeights, config: DecoderConfig): MatrixPlan {
  const shape = shapeOf(config);
  return {
    label: layer.down.name,
    sources: [layer.down],
    inputs: padded(config.intermediateSize, 4 * shape.intermediate),
    ...oneSource(padded(config.hiddenSize, 4 * shape.hidden)),
  };
}

/** Whether the output matrix is the embedding, so that one packed copy serves both. */
export function isTied(model: Model): boolean {
  return model.head.bytes === model.embedding.bytes;
}

/** 0, 1, ... count - 1, then padding up to `length`. */
function padded(count: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => (i < count ? i : PADDING));
}

function oneSource(columnRows: Int32Array): Pick<MatrixPlan, "columnSources" | "columnRows"> {
  return { columnRows, columnSources: columnRows.map((row) => (row === PADDING ? PADDING : 0)) };
}

/** A head's dimensions in pairs that RoPE rotates: 0, half, 1, half + 1, ... */
function rotatedOrder(headDim: number, length: number): Int32Array {
  const half = headDim / 2;
  return Int32Array.from({ length }, (_, i) => (i < headDim ? (i >> 1) + (i & 1) * half : PADDING));
}
