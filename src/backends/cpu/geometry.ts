import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import type { KvType } from "../../kv-type.ts";
import type { ResolvedOptions } from "./options.ts";

/** Rows of a tile, and outputs of a unit: kernels/tile.as and kernels/state.as. */
export const TILE_ROWS = 64;
export const UNIT_OUTPUTS = 128;

/** Most bytes of the logits of samples that are computed at once, unless all are kept. */
const LOGIT_BYTES = 2 ** 25;

/** Tokens of a request that attend together: they share the keys that a thread has at hand. */
const ATTENTION_TOKENS = 8;

/** Most bytes of a thread's scores: beside a core's second-level cache, a longer context takes fewer tokens at once. */
const SCORE_BYTES = 2 ** 22;

/** The sizes that follow from a model and options. Lengths in numbers unless they say bytes. */
export interface Geometry {
  readonly hidden: number;
  /** Of the widest feed-forward half, padded to groups. */
  readonly intermediate: number;
  /** Rows of gated activations: one a token, or one for each expert that it uses. */
  readonly gatedRows: number;
  readonly headDim: number;
  /** The head's numbers in storage, a multiple of 4. */
  readonly headRow: number;
  readonly kvRowBytes: number;
  /** Bytes of one layer's keys and values in a block. */
  readonly kvLayerBytes: number;
  readonly blockBytes: number;
  /** Most positions that one token can see. */
  readonly visible: number;
  /** Tokens of an attention tile, and its rows. */
  readonly attentionTokens: number;
  readonly attentionRows: number;
  readonly logitRows: number;
  /** Longest row that a matrix multiplies. */
  readonly inputs: number;
  readonly ropeHalf: number;
}

export function geometryOf({ model, blockSize, blockCount, maxTokens, kv, keepLogits }: ResolvedOptions): Geometry {
  const { config } = model;
  const { hiddenSize, headCount, kvHeadCount, headDim, vocabSize, ropes } = config;
  const hidden = roundUp(hiddenSize, 8);
  const intermediate = roundUp(Math.max(config.intermediateSize, config.experts?.intermediateSize ?? 0), 8);
  const headRow = roundUp(headDim, 4);
  const kvRowBytes = kvRowBytesOf(kv, headRow);
  const kvLayerBytes = 2 * kvHeadCount * blockSize * kvRowBytes;
  const layerCount = Math.max(...layerGroups(config).map(({ layers }) => layers.length));
  const visible = visiblePositions(config, blockCount * blockSize);
  const sharing = headCount / kvHeadCount;
  const fitting = Math.floor(SCORE_BYTES / (4 * sharing * (visible + 16)));
  const attentionTokens = Math.max(1, Math.min(ATTENTION_TOKENS, fitting, maxTokens));
  return {
    hidden,
    intermediate,
    gatedRows: maxTokens * (config.experts?.perToken ?? 1),
    headDim,
    headRow,
    kvRowBytes,
    kvLayerBytes,
    blockBytes: roundUp(layerCount * kvLayerBytes, 16),
    visible,
    attentionTokens,
    attentionRows: attentionTokens * sharing,
    logitRows: keepLogits
      ? maxTokens
      : Math.max(1, Math.min(maxTokens, TILE_ROWS, Math.floor(LOGIT_BYTES / (4 * vocabSize)))),
    inputs: Math.max(hidden, intermediate, headCount * headDim),
    ropeHalf: Math.max(0, ...ropes.map(({ dimensions }) => dimensions / 2)),
  };
}

function kvRowBytesOf(kv: KvType, headRow: number): number {
  if (kv === "int8") return headRow + 4;
  return kv === "f16" ? 2 * headRow : 4 * headRow;
}

/** A token sees its window, or its context, which the pool bounds. */
function visiblePositions({ layers, contextLength }: DecoderConfig, poolTokens: number): number {
  const context = Math.min(contextLength, poolTokens);
  return Math.max(...layers.map(({ window }) => Math.min(window ?? context, contextLength)));
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
