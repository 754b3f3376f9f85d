/** The attention half of a layer: heads of queries, keys and values; attention; the output matrix. */
import { attend } from "./attention";
import { headPlane, kvRowBytes, storeRow } from "./kv";
import { Layer, Matrix } from "./layout";
import { multiply } from "./linear";
import { addToHidden } from "./residual";
import { rotate } from "./rope";
import { loadTile, setRows, tilesOf } from "./rows";
import { meet, model, scratch, step, take, tile } from "./state";
import { TILE_ROWS } from "./tile";
import { add, rmsNorm } from "./vectors";

export function attentionBlock(layer: Layer): void {
  projectHeads(layer);
  meet();
  attend(layer);
  meet();
  setRows(model.attendedRows, model.attendedStride, 0, 0);
  addToHidden(changetype<Matrix>(layer.output), layer.outputBias, layer.postAttentionNorm);
}

/**
 * A unit is a head of queries, keys or values for a tile of tokens: its bias, norm and rotation need no other thread.
 */
function projectHeads(layer: Layer): void {
  setRows(model.hiddenRows, model.hiddenStride, layer.attentionNorm, 0);
  const heads = layer.headCount + 2 * layer.kvHeadCount;
  const units = tilesOf(step.tokenCount) * heads;
  for (let unit = take(); unit < units; unit = take()) {
    const first = (unit / heads) * TILE_ROWS;
    projectHead(layer, unit % heads, first, min(TILE_ROWS, step.tokenCount - first));
  }
}

function projectHead(layer: Layer, index: i32, first: i32, rows: i32): void {
  const headCount = layer.headCount, kvHeadCount = layer.kvHeadCount;
  if (index < headCount) {
    project(layer, changetype<Matrix>(layer.query), index, layer.queryBias, first, rows);
    for (let row = 0; row < rows; row++) finishQuery(layer, index, first + row, productRow(layer, row));
  } else if (index < headCount + kvHeadCount) {
    project(layer, changetype<Matrix>(layer.key), index - headCount, layer.keyBias, first, rows);
    for (let row = 0; row < rows; row++) finishKey(layer, index - headCount, first + row, productRow(layer, row));
  } else {
    const head = index - headCount - kvHeadCount;
    project(layer, changetype<Matrix>(layer.value), head, layer.valueBias, first, rows);
    for (let row = 0; row < rows; row++) keep(layer, head, true, first + row, productRow(layer, row));
  }
}

// @ts-ignore: decorator
@inline
function productBytes(layer: Layer): usize {
  return <usize>((layer.headDim + 7) & ~7) * 4;
}

// @ts-ignore: decorator
@inline
function productRow(layer: Layer, row: i32): usize {
  return scratch.products + <usize>row * productBytes(layer);
}

function project(layer: Layer, m: Matrix, head: i32, bias: usize, first: i32, rows: i32): void {
  loadTile(m, first, rows);
  multiply(m, head * m.segmentGroups, m.segmentGroups, tile, rows, scratch.products, productBytes(layer));
  if (bias == 0) return;
  for (let row = 0; row < rows; row++) {
    add(productRow(layer, row), bias + <usize>(head * layer.headDim) * 4, layer.headDim);
  }
}

function finishQuery(layer: Layer, head: i32, token: i32, x: usize): void {
  if (layer.queryNorm != 0) rmsNorm(x, x, layer.queryNorm, layer.headDim, model.normEpsilon);
  rotate(x, layer, token);
  const bytes = <usize>((layer.headDim + 3) & ~3) * 4;
  const target = model.queryRows + <usize>token * model.queryStride + <usize>head * bytes;
  const scale = f32x4.splat(layer.attentionScale);
  for (let o: usize = 0; o < bytes; o += 16) v128.store(target + o, f32x4.mul(v128.load(x + o), scale));
}

function finishKey(layer: Layer, head: i32, token: i32, x: usize): void {
  if (layer.keyNorm != 0) rmsNorm(x, x, layer.keyNorm, layer.headDim, model.normEpsilon);
  rotate(x, layer, token);
  keep(layer, head, false, token, x);
}

/** Writes a key or value to the token's slot. */
function keep(layer: Layer, head: i32, isValue: bool, token: i32, x: usize): void {
  const slot = load<i32>(load<usize>(step.slots + <usize>layer.group * 4) + <usize>token * 4);
  const padded = (layer.headDim + 3) & ~3;
  const rowBytes = kvRowBytes(model.kvKind, padded);
  const block = model.deviceBlocks + <usize>(slot / model.blockSize) * model.blockBytes;
  storeRow(block + headPlane(layer, head, isValue, rowBytes) + <usize>(slot % model.blockSize) * rowBytes, x, padded);
}
