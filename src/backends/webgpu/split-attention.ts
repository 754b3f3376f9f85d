import { type Buffers, STORAGE } from "./buffers.ts";
import { attentionSegments, partialBytes } from "./kernels/attention.ts";
import type { Variants } from "./kernels/variants.ts";
import type { Shape } from "./shape.ts";

/** Attention whose segments are computed by different workgroups, for steps of few rows. */
export interface SplitAttention {
  /** What the segments give until they are merged. */
  readonly partials: GPUBuffer;
  /** Of the longest context. */
  readonly segments: number;
  /** Most rows of a step that is split. */
  readonly mostRows: number;
}

/** Rows from which a step fills a GPU without a split: 16 rows of 8 key heads are 128 workgroups. */
const MOST_SPLIT_ROWS = 16;
/** Most bytes of the partial results: 16 rows of 32 heads of 128 numbers over 8,192 positions take 8 MiB. */
const MOST_PARTIAL_BYTES = 64 * 1024 * 1024;

/** What the context and the limits of the device allow. */
export interface SplitSizes {
  /** Positions of the longest context. */
  readonly positions: number;
  readonly maxTokens: number;
  readonly bindingBytes: number;
}

/** Room for the split, or null where the variants have none, the context has one segment, or a row would not fit. */
export function createSplitAttention(
  buffers: Buffers,
  shape: Shape,
  variants: Variants,
  { positions, maxTokens, bindingBytes }: SplitSizes,
): SplitAttention | null {
  const segments = attentionSegments(positions);
  if (variants.attention !== "group" || segments < 2) return null;
  const perRow = partialBytes(shape, segments);
  const fitting = Math.floor(Math.min(bindingBytes, MOST_PARTIAL_BYTES) / perRow);
  const rows = Math.min(fitting, MOST_SPLIT_ROWS, maxTokens);
  const classes = variants.linear.map((each) => each.mostRows);
  const mostRows = rows === maxTokens ? rows : classes.findLast((most) => most <= rows);
  if (mostRows === undefined || mostRows < Math.min(2, maxTokens)) return null;
  return { partials: buffers.create("attention of segments", mostRows * perRow, STORAGE), segments, mostRows };
}
