/**
 * The feed-forward half of a layer: act(gate) · up, then down. Source: "GLU Variants Improve Transformer", arXiv
 * 2002.05202.
 */
import { expertBlock } from "./experts";
import { activate } from "./activation";
import { Layer, Matrix } from "./layout";
import { multiply } from "./linear";
import { addToHidden } from "./residual";
import { loadTile, setRows, tilesOf } from "./rows";
import { groupsPerUnit, meet, model, scratch, step, take, tile } from "./state";
import { TILE_ROWS } from "./tile";
import { add } from "./vectors";

export function feedForwardBlock(layer: Layer): void {
  if (layer.router != 0) {
    expertBlock(layer);
    return;
  }
  gateAndUp(layer);
  meet();
  setRows(model.gatedRows, model.gatedStride, 0, 0);
  addToHidden(changetype<Matrix>(layer.down), layer.downBias, layer.postFeedForwardNorm);
}

function gateAndUp(layer: Layer): void {
  setRows(model.hiddenRows, model.hiddenStride, layer.feedForwardNorm, 0);
  const gate = changetype<Matrix>(layer.gate);
  const chunk = groupsPerUnit(gate.groups, gate.groupBytes);
  const chunks = (gate.groups + chunk - 1) / chunk;
  const units = tilesOf(step.tokenCount) * chunks;
  for (let unit = take(); unit < units; unit = take()) {
    const first = (unit / chunks) * TILE_ROWS;
    const group = (unit % chunks) * chunk;
    const groups = min(chunk, gate.groups - group);
    const rows = min(TILE_ROWS, step.tokenCount - first);
    productOf(gate, layer.gateBias, group, groups, first, rows, scratch.products);
    productOf(changetype<Matrix>(layer.up), layer.upBias, group, groups, first, rows, scratch.products2);
    const bytes = <usize>groups * 32;
    for (let row = 0; row < rows; row++) {
      const at = <usize>row * bytes;
      const target = model.gatedRows + <usize>(first + row) * model.gatedStride + <usize>group * 32;
      activate(layer.activation, target, scratch.products + at, scratch.products2 + at, 8 * groups);
    }
  }
}

/** Rows [first, first + rows) times groups of m, side by side in `out`; the bias is padded to whole groups. */
function productOf(m: Matrix, bias: usize, group: i32, groups: i32, first: i32, rows: i32, out: usize): void {
  loadTile(m, first, rows);
  const bytes = <usize>groups * 32;
  multiply(m, group, groups, tile, rows, out, bytes);
  if (bias == 0) return;
  for (let row = 0; row < rows; row++) add(out + <usize>row * bytes, bias + <usize>group * 32, 8 * groups);
}
