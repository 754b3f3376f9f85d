/**
 * A feed-forward half with experts: a router picks some for each token, and their outputs are added by its weights. A
 * token's sum
 * runs over ascending experts, whatever tokens share them. Source: Switch Transformers, arXiv 2101.03961; top-k as in
 * Qwen3-MoE.
 */
import { activate } from "./activation";
import { Layer, Matrix } from "./layout";
import { multiply } from "./linear";
import { addNormed } from "./residual";
import { loadTile, rowAt, setRows } from "./rows";
import { groupsPerUnit, meet, model, scratch, step, take, tile } from "./state";
import { TILE_ROWS } from "./tile";
import { addScaled } from "./vectors";

export function expertBlock(layer: Layer): void {
  setRows(model.hiddenRows, model.hiddenStride, layer.feedForwardNorm, 0);
  for (let token = take(); token < step.tokenCount; token = take()) route(layer, token);
  meet();
  sortByExpert(layer);
  expertsUp(layer);
  meet();
  expertsDown(layer);
  meet();
  if (layer.postFeedForwardNorm != 0) addNormed(layer.postFeedForwardNorm);
}

/**
 * Softmax over the router's logits, in double precision; the likeliest experts, ties to the lowest, in descending
 * order.
 */
function route(layer: Layer, token: i32): void {
  const router = changetype<Matrix>(layer.router);
  setRows(model.hiddenRows, model.hiddenStride, layer.feedForwardNorm, 0);
  loadTile(router, token, 1);
  multiply(router, 0, router.groups, tile, 1, scratch.products, <usize>router.groups * 32);
  const logits = scratch.products;
  const used = layer.expertsUsed;
  let largest: f32 = -Infinity;
  for (let e = 0; e < layer.expertCount; e++) largest = max(largest, load<f32>(logits + <usize>e * 4));
  let total: f64 = 0.0;
  for (let e = 0; e < layer.expertCount; e++) total += Math.exp(<f64>load<f32>(logits + <usize>e * 4) - <f64>largest);
  let kept: f64 = 0.0;
  const at = <usize>(token * used) * 4;
  for (let i = 0; i < used; i++) {
    let best = 0;
    for (let e = 1; e < layer.expertCount; e++) {
      if (load<f32>(logits + <usize>e * 4) > load<f32>(logits + <usize>best * 4)) best = e;
    }
    const p = Math.exp(<f64>load<f32>(logits + <usize>best * 4) - <f64>largest) / total;
    kept += p;
    store<i32>(model.expertIds + at + <usize>i * 4, best);
    store<f32>(model.expertWeights + at + <usize>i * 4, <f32>p);
    store<f32>(logits + <usize>best * 4, -Infinity);
  }
  if (layer.normalizeExperts == 0) return;
  for (let i: usize = 0; i < <usize>used * 4; i += 4) {
    const weight = model.expertWeights + at + i;
    store<f32>(weight, <f32>(<f64>load<f32>(weight) / kept));
  }
}

/**
 * Every thread sorts the step's (token, choice) pairs by expert for itself: a counting sort, tokens ascending within an
 * expert.
 */
function sortByExpert(layer: Layer): void {
  const pairs = step.tokenCount * layer.expertsUsed;
  const starts = scratch.expertStarts;
  memory.fill(starts, 0, <usize>(layer.expertCount + 2) * 4);
  for (let p = 0; p < pairs; p++) {
    const at = starts + <usize>(load<i32>(model.expertIds + <usize>p * 4) + 2) * 4;
    store<i32>(at, load<i32>(at) + 1);
  }
  for (let e = 0; e < layer.expertCount; e++) {
    const at = starts + <usize>(e + 2) * 4;
    store<i32>(at, load<i32>(at) + load<i32>(at - 4));
  }
  for (let p = 0; p < pairs; p++) {
    const at = starts + <usize>(load<i32>(model.expertIds + <usize>p * 4) + 1) * 4;
    store<i32>(scratch.expertPairs + <usize>load<i32>(at) * 4, p);
    store<i32>(at, load<i32>(at) + 1);
  }
}

// @ts-ignore: decorator
@inline
function startOf(expert: i32): i32 {
  return load<i32>(scratch.expertStarts + <usize>expert * 4);
}

// @ts-ignore: decorator
@inline
function expertOf(matrices: usize, expert: i32): Matrix {
  return changetype<Matrix>(load<usize>(matrices + <usize>expert * 4));
}

/** gated [token · used + choice] = act(gate) · up. A unit is some outputs of an expert that has tokens. */
function expertsUp(layer: Layer): void {
  const shape = expertOf(layer.expertGates, 0);
  const chunk = groupsPerUnit(shape.groups, shape.groupBytes);
  const chunks = (shape.groups + chunk - 1) / chunk;
  const units = layer.expertCount * chunks;
  for (let unit = take(); unit < units; unit = take()) {
    const expert = unit / chunks;
    const group = (unit % chunks) * chunk;
    upUnit(layer, expert, group, min(chunk, shape.groups - group));
  }
}

function upUnit(layer: Layer, expert: i32, group: i32, groups: i32): void {
  const bytes = <usize>groups * 32;
  for (let first = startOf(expert); first < startOf(expert + 1); first += TILE_ROWS) {
    const rows = min(TILE_ROWS, startOf(expert + 1) - first);
    loadPairs(layer, expertOf(layer.expertGates, expert), first, rows, true);
    multiply(expertOf(layer.expertGates, expert), group, groups, tile, rows, scratch.products, bytes);
    loadPairs(layer, expertOf(layer.expertUps, expert), first, rows, true);
    multiply(expertOf(layer.expertUps, expert), group, groups, tile, rows, scratch.products2, bytes);
    for (let row = 0; row < rows; row++) {
      const pair = load<i32>(scratch.expertPairs + <usize>(first + row) * 4);
      const target = model.gatedRows + <usize>pair * model.gatedStride + <usize>group * 32;
      const offset = <usize>row * bytes;
      activate(layer.activation, target, scratch.products + offset, scratch.products2 + offset, 8 * groups);
    }
  }
}

/** Brings the normed tokens, or the gated rows, of pairs [first, first + rows) into the tile. */
function loadPairs(layer: Layer, m: Matrix, first: i32, rows: i32, areTokens: bool): void {
  if (!areTokens) {
    setRows(model.gatedRows, model.gatedStride, 0, scratch.expertPairs);
    loadTile(m, first, rows);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const pair = load<i32>(scratch.expertPairs + <usize>(first + row) * 4);
    store<i32>(scratch.pointers + <usize>row * 4, pair / layer.expertsUsed);
  }
  setRows(model.hiddenRows, model.hiddenStride, layer.feedForwardNorm, scratch.pointers);
  loadTile(m, 0, rows);
}

/** A unit is some outputs for all tokens: it adds the experts in ascending order. */
function expertsDown(layer: Layer): void {
  const shape = expertOf(layer.expertDowns, 0);
  const chunk = groupsPerUnit(shape.groups, shape.groupBytes);
  const chunks = (shape.groups + chunk - 1) / chunk;
  for (let unit = take(); unit < chunks; unit = take()) {
    const group = unit * chunk;
    downUnit(layer, group, min(chunk, shape.groups - group));
  }
}

function downUnit(layer: Layer, group: i32, groups: i32): void {
  const bytes = <usize>groups * 32;
  const output = 8 * group;
  const count = min(8 * groups, model.hidden - output);
  const isBranch = layer.postFeedForwardNorm != 0;
  const base = (isBranch ? model.branchRows : model.hiddenRows) + <usize>output * 4;
  const sums = scratch.products2;
  for (let token = 0; isBranch && token < step.tokenCount; token++) {
    memory.fill(base + <usize>token * model.hiddenStride, 0, <usize>count * 4);
  }
  for (let expert = 0; expert < layer.expertCount; expert++) {
    const m = expertOf(layer.expertDowns, expert);
    for (let first = startOf(expert); first < startOf(expert + 1); first += TILE_ROWS) {
      const rows = min(TILE_ROWS, startOf(expert + 1) - first);
      loadPairs(layer, m, first, rows, false);
      multiply(m, group, groups, tile, rows, sums, bytes);
      for (let row = 0; row < rows; row++) {
        const pair = load<i32>(scratch.expertPairs + <usize>(first + row) * 4);
        const scale = load<f32>(model.expertWeights + <usize>pair * 4) * (isBranch ? 1.0 : model.residualScale);
        const target = base + <usize>(pair / layer.expertsUsed) * model.hiddenStride;
        addScaled(target, sums + <usize>row * bytes, count, scale);
      }
    }
  }
}
