/** Logits and samples, a tile of samples at a time. */
import { Matrix } from "./layout";
import { multiply } from "./linear";
import { loadTile, setRows, tilesOf } from "./rows";
import { sampleRow } from "./sample";
import { tanh4 } from "./simd";
import { groupsPerUnit, meet, model, scratch, step, take, tile } from "./state";
import { TILE_ROWS } from "./tile";

export function sampleAll(): void {
  for (let first = 0; first < step.sampleCount; first += model.logitRows) {
    const count = min(model.logitRows, step.sampleCount - first);
    const bytes = <usize>model.vocabulary * 4;
    const out = step.keptLogits == 0 ? model.logits : step.keptLogits + <usize>first * bytes;
    logitsOf(first, count, out);
    meet();
    for (let s = take(); s < count; s = take()) sampleRow(first + s, out + <usize>s * bytes);
    meet();
  }
}

function logitsOf(firstSample: i32, count: i32, out: usize): void {
  setRows(model.hiddenRows, model.hiddenStride, model.finalNorm, step.sampleRows);
  const m = changetype<Matrix>(model.head);
  const chunk = groupsPerUnit(m.groups, m.groupBytes);
  const chunks = (m.groups + chunk - 1) / chunk;
  const units = tilesOf(count) * chunks;
  for (let unit = take(); unit < units; unit = take()) {
    const first = (unit / chunks) * TILE_ROWS;
    const group = (unit % chunks) * chunk;
    const target = out + <usize>first * 4 * model.vocabulary;
    logitUnit(m, group, min(chunk, m.groups - group), firstSample + first, min(TILE_ROWS, count - first), target);
  }
}

function logitUnit(m: Matrix, group: i32, groups: i32, first: i32, rows: i32, out: usize): void {
  loadTile(m, first, rows);
  const bytes = <usize>groups * 32;
  multiply(m, group, groups, tile, rows, scratch.products, bytes);
  const count = min(8 * groups, model.vocabulary - 8 * group);
  for (let row = 0; row < rows; row++) {
    const product = scratch.products + <usize>row * bytes;
    shape(product, bytes);
    memory.copy(out + 4 * (<usize>row * model.vocabulary + <usize>group * 8), product, <usize>count * 4);
  }
}

/** Scale and soft-cap of the model's logits. */
function shape(x: usize, bytes: usize): void {
  const scale = f32x4.splat(model.logitScale);
  if (model.logitScale != 1.0) {
    for (let o: usize = 0; o < bytes; o += 16) v128.store(x + o, f32x4.mul(v128.load(x + o), scale));
  }
  if (model.logitCap == 0.0) return;
  const cap = f32x4.splat(model.logitCap), inverse = f32x4.splat(<f32>1.0 / model.logitCap);
  for (let o: usize = 0; o < bytes; o += 16) {
    v128.store(x + o, f32x4.mul(cap, tanh4(f32x4.mul(v128.load(x + o), inverse))));
  }
}
