/** A matrix whose outputs go into the residual stream. */
import { Matrix } from "./layout";
import { multiply } from "./linear";
import { loadTile, tilesOf } from "./rows";
import { groupsPerUnit, meet, model, scratch, step, take, tile } from "./state";
import { TILE_ROWS } from "./tile";
import { add, addScaled, rmsNorm } from "./vectors";

/** hidden += rows · m, through `norm` where there is one. The rows are set already. Ends with a meeting. */
export function addToHidden(m: Matrix, bias: usize, norm: usize): void {
  const chunk = groupsPerUnit(m.groups, m.groupBytes);
  const chunks = (m.groups + chunk - 1) / chunk;
  const units = tilesOf(step.tokenCount) * chunks;
  for (let unit = take(); unit < units; unit = take()) {
    const first = (unit / chunks) * TILE_ROWS;
    const group = (unit % chunks) * chunk;
    addUnit(m, group, min(chunk, m.groups - group), first, min(TILE_ROWS, step.tokenCount - first), bias, norm != 0);
  }
  meet();
  if (norm != 0) addNormed(norm);
}

function addUnit(m: Matrix, group: i32, groups: i32, first: i32, rows: i32, bias: usize, isBranch: bool): void {
  loadTile(m, first, rows);
  const bytes = <usize>groups * 32;
  multiply(m, group, groups, tile, rows, scratch.products, bytes);
  const output = 8 * group;
  const count = min(8 * groups, model.hidden - output);
  for (let row = 0; row < rows; row++) {
    const product = scratch.products + <usize>row * bytes;
    if (bias != 0) add(product, bias + <usize>output * 4, count);
    store1(first + row, output, product, count, isBranch);
  }
}

function store1(row: i32, output: i32, product: usize, count: i32, isBranch: bool): void {
  const at = <usize>row * model.hiddenStride + <usize>output * 4;
  if (isBranch) memory.copy(model.branchRows + at, product, <usize>count * 4);
  else addScaled(model.hiddenRows + at, product, count, model.residualScale);
}

/** hidden += norm(branch), for models that normalize a branch before it is added. */
export function addNormed(norm: usize): void {
  for (let row = take(); row < step.tokenCount; row = take()) {
    const at = <usize>row * model.hiddenStride;
    rmsNorm(scratch.row, model.branchRows + at, norm, model.hidden, model.normEpsilon);
    addScaled(model.hiddenRows + at, scratch.row, model.hidden, model.residualScale);
  }
  meet();
}
