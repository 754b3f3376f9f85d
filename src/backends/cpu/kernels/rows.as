/** The rows of activations that a region multiplies, brought into the thread's tile once a tile and form. */
import { Matrix, Q8 } from "./layout";
import { model, scratch, tile } from "./state";
import { TILE_ROWS, fillTile, shapeTile } from "./tile";
import { rmsNorm } from "./vectors";

let base: usize = 0;
let stride: usize = 0;
let gain: usize = 0;
let map: usize = 0;
let loadedFirst: i32 = -1;
let loadedForm: i32 = -1;

/**
 * Rows start at `rows`; `norm` is their norm's gain or 0; `order` [n] says which row the n-th is, 0 for their own
 * order.
 */
export function setRows(rows: usize, bytes: usize, norm: usize, order: usize): void {
  base = rows;
  stride = bytes;
  gain = norm;
  map = order;
  loadedFirst = -1;
}

/** Tiles of `count` rows. */
export function tilesOf(count: i32): i32 {
  return (count + TILE_ROWS - 1) / TILE_ROWS;
}

/** Floats of the n-th row, valid until the next call. */
export function rowAt(n: i32): usize {
  const row = map == 0 ? n : load<i32>(map + <usize>n * 4);
  const x = base + <usize>row * stride;
  if (gain == 0) return x;
  rmsNorm(scratch.row, x, gain, model.hidden, model.normEpsilon);
  return scratch.row;
}

/** Fills the tile with rows [first, first + count) for `m`, unless it holds them in that form. */
export function loadTile(m: Matrix, first: i32, count: i32): void {
  const form = m.kind >= Q8 ? 1 : 0;
  if (loadedFirst == first && loadedForm == form) return;
  shapeTile(tile, scratch.tileData, scratch.tileScales, scratch.tileSums, m);
  for (let row = 0; row < count; row++) fillTile(tile, row, rowAt(first + row), m);
  loadedFirst = first;
  loadedForm = form;
}
