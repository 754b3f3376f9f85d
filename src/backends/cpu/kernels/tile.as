/** Rows of activations in a thread's own memory, in the form that a matrix multiplies: floats, or int8 with scales. */
import { Matrix, Q8 } from "./layout";
import { quantizeRow } from "./quantize";

/** Most rows of a tile: 64 rows of 1,536 are 192 KB of int16, which a core's second-level cache holds. */
export const TILE_ROWS: i32 = 64;

/** Strides in bytes. */
@unmanaged
export class Tile {
  data: usize;
  stride: usize;
  scales: usize;
  scaleStride: usize;
  sums: usize;
  sumStride: usize;
}

/** The tile of the thread: written by `shapeTile`, in static memory of its instance. */
export function shapeTile(tile: Tile, data: usize, scales: usize, sums: usize, m: Matrix): void {
  tile.data = data;
  tile.stride = (m.kind >= Q8 ? 2 : 4) * <usize>m.inputs;
  tile.scales = scales;
  tile.scaleStride = <usize>(m.inputs >> 5) * 4;
  tile.sums = sums;
  tile.sumStride = <usize>(m.inputs >> 5) * 8;
}

/** Puts a row of floats into place `row` of the tile. */
export function fillTile(tile: Tile, row: i32, x: usize, m: Matrix): void {
  const target = tile.data + <usize>row * tile.stride;
  if (m.kind < Q8) memory.copy(target, x, <usize>m.inputs * 4);
  else {
    const scales = tile.scales + <usize>row * tile.scaleStride;
    quantizeRow(x, m.inputs, target, scales, tile.sums + <usize>row * tile.sumStride);
  }
}
