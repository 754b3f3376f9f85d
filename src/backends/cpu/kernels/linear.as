/**
 * Products of rows of activations with 8 outputs of a matrix. An output is one accumulator over ascending inputs (of
 * block
 * formats: over ascending blocks, whose integer sums are exact), in kernels for one row and for four alike: a row's
 * result
 * does not depend on how many rows share its step, nor on the thread.
 */
import { BF16, F16, F32, Matrix, Q4, Q8 } from "./layout";
import { loadBrain4, loadHalf4 } from "./simd";
import { Tile } from "./tile";

/**
 * Rows [0, rows) of the tile times groups [first, first + count); a row of `out` has `stride` bytes, its groups side by
 * side.
 */
export function multiply(m: Matrix, first: i32, count: i32, tile: Tile, rows: i32, out: usize, stride: usize): void {
  const kind = m.kind;
  const inputs = m.inputs;
  let w = m.data + <usize>first * m.groupBytes;
  for (let g = 0; g < count; g++) {
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      const o = out + <usize>row * stride;
      const x = tile.data + <usize>row * tile.stride;
      const scales = tile.scales + <usize>row * tile.scaleStride;
      if (kind == Q8) q8x4(w, inputs >> 5, x, tile.stride, scales, tile.scaleStride, o, stride);
      else if (kind == Q4) q4x4(w, inputs >> 5, x, tile, row, o, stride);
      else if (kind == F32) f32x4rows(w, inputs, x, tile.stride, o, stride);
      else if (kind == F16) f16x4rows(w, inputs, x, tile.stride, o, stride);
      else if (kind == BF16) bf16x4rows(w, inputs, x, tile.stride, o, stride);
      else for (let i = 0; i < 4; i++) scaled(w, inputs >> 5, tile, row + i, o + <usize>i * stride);
    }
    for (; row < rows; row++) {
      const o = out + <usize>row * stride;
      const x = tile.data + <usize>row * tile.stride;
      if (kind == Q8) q8x1(w, inputs >> 5, x, tile.scales + <usize>row * tile.scaleStride, o);
      else if (kind == Q4) q4x1(w, inputs >> 5, x, tile, row, o);
      else if (kind == F32) f32x1(w, inputs, x, o);
      else if (kind == F16) f16x1(w, inputs, x, o);
      else if (kind == BF16) bf16x1(w, inputs, x, o);
      else scaled(w, inputs >> 5, tile, row, o);
    }
    w += m.groupBytes;
    out += 32;
  }
}

function f32x1(w: usize, inputs: i32, x: usize, out: usize): void {
  let a = f32x4.splat(0.0);
  let b = f32x4.splat(0.0);
  for (const end = x + <usize>inputs * 4; x < end; x += 4) {
    const s = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(v128.load(w), s));
    b = f32x4.add(b, f32x4.mul(v128.load(w, 16), s));
    w += 32;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

function f16x1(w: usize, inputs: i32, x: usize, out: usize): void {
  let a = f32x4.splat(0.0);
  let b = f32x4.splat(0.0);
  for (const end = x + <usize>inputs * 4; x < end; x += 4) {
    const s = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(loadHalf4(w), s));
    b = f32x4.add(b, f32x4.mul(loadHalf4(w + 8), s));
    w += 16;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

function bf16x1(w: usize, inputs: i32, x: usize, out: usize): void {
  let a = f32x4.splat(0.0);
  let b = f32x4.splat(0.0);
  for (const end = x + <usize>inputs * 4; x < end; x += 4) {
    const s = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(loadBrain4(w), s));
    b = f32x4.add(b, f32x4.mul(loadBrain4(w + 8), s));
    w += 16;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

function f32x4rows(w: usize, inputs: i32, x0: usize, xs: usize, out: usize, stride: usize): void {
  let a0 = f32x4.splat(0.0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  const x1 = x0 + xs, x2 = x1 + xs, x3 = x2 + xs;
  const bytes = <usize>inputs * 4;
  for (let k: usize = 0; k < bytes; k += 4) {
    const u = v128.load(w), v = v128.load(w, 16);
    w += 32;
    let s = v128.load32_splat(x0 + k);
    a0 = f32x4.add(a0, f32x4.mul(u, s));
    b0 = f32x4.add(b0, f32x4.mul(v, s));
    s = v128.load32_splat(x1 + k);
    a1 = f32x4.add(a1, f32x4.mul(u, s));
    b1 = f32x4.add(b1, f32x4.mul(v, s));
    s = v128.load32_splat(x2 + k);
    a2 = f32x4.add(a2, f32x4.mul(u, s));
    b2 = f32x4.add(b2, f32x4.mul(v, s));
    s = v128.load32_splat(x3 + k);
    a3 = f32x4.add(a3, f32x4.mul(u, s));
    b3 = f32x4.add(b3, f32x4.mul(v, s));
  }
  store4(out, stride, a0, b0, a1, b1, a2, b2, a3, b3);
}

function f16x4rows(w: usize, inputs: i32, x0: usize, xs: usize, out: usize, stride: usize): void {
  let a0 = f32x4.splat(0.0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  const x1 = x0 + xs, x2 = x1 + xs, x3 = x2 + xs;
  const bytes = <usize>inputs * 4;
  for (let k: usize = 0; k < bytes; k += 4) {
    const u = loadHalf4(w), v = loadHalf4(w + 8);
    w += 16;
    let s = v128.load32_splat(x0 + k);
    a0 = f32x4.add(a0, f32x4.mul(u, s));
    b0 = f32x4.add(b0, f32x4.mul(v, s));
    s = v128.load32_splat(x1 + k);
    a1 = f32x4.add(a1, f32x4.mul(u, s));
    b1 = f32x4.add(b1, f32x4.mul(v, s));
    s = v128.load32_splat(x2 + k);
    a2 = f32x4.add(a2, f32x4.mul(u, s));
    b2 = f32x4.add(b2, f32x4.mul(v, s));
    s = v128.load32_splat(x3 + k);
    a3 = f32x4.add(a3, f32x4.mul(u, s));
    b3 = f32x4.add(b3, f32x4.mul(v, s));
  }
  store4(out, stride, a0, b0, a1, b1, a2, b2, a3, b3);
}

function bf16x4rows(w: usize, inputs: i32, x0: usize, xs: usize, out: usize, stride: usize): void {
  let a0 = f32x4.splat(0.0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  const x1 = x0 + xs, x2 = x1 + xs, x3 = x2 + xs;
  const bytes = <usize>inputs * 4;
  for (let k: usize = 0; k < bytes; k += 4) {
    const u = loadBrain4(w), v = loadBrain4(w + 8);
    w += 16;
    let s = v128.load32_splat(x0 + k);
    a0 = f32x4.add(a0, f32x4.mul(u, s));
    b0 = f32x4.add(b0, f32x4.mul(v, s));
    s = v128.load32_splat(x1 + k);
    a1 = f32x4.add(a1, f32x4.mul(u, s));
    b1 = f32x4.add(b1, f32x4.mul(v, s));
    s = v128.load32_splat(x2 + k);
    a2 = f32x4.add(a2, f32x4.mul(u, s));
    b2 = f32x4.add(b2, f32x4.mul(v, s));
    s = v128.load32_splat(x3 + k);
    a3 = f32x4.add(a3, f32x4.mul(u, s));
    b3 = f32x4.add(b3, f32x4.mul(v, s));
  }
  store4(out, stride, a0, b0, a1, b1, a2, b2, a3, b3);
}

// @ts-ignore: decorator
@inline
function store4(
  out: usize, stride: usize, a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128,
): void {
  v128.store(out, a0);
  v128.store(out, b0, 16);
  v128.store(out + stride, a1);
  v128.store(out + stride, b1, 16);
  v128.store(out + stride * 2, a2);
  v128.store(out + stride * 2, b2, 16);
  v128.store(out + stride * 3, a3);
  v128.store(out + stride * 3, b3, 16);
}

/** acc + float(sum) · (weight scales · activation scale): the one formula of all block formats. */
// @ts-ignore: decorator
@inline
function scaleAdd(acc: v128, sum: v128, scales: v128, d: v128): v128 {
  return f32x4.add(acc, f32x4.mul(f32x4.convert_i32x4_s(sum), f32x4.mul(scales, d)));
}

/** Block of 8 outputs x 32: 8 half-float scales, then 16 pairs of inputs [pair][8 outputs][2] int8. */
function q8x1(w: usize, blocks: i32, x: usize, scales: usize, out: usize): void {
  let a = f32x4.splat(0.0), b = a;
  for (let block = 0; block < blocks; block++) {
    let i = i32x4.splat(0), j = i, k = i, l = i;
    const d = v128.load32_splat(scales);
    for (let pair: usize = 0; pair < 16; pair += 4) {
      const p = w + 16 + pair * 16;
      const q = x + pair * 4;
      let s = v128.load32_splat(q);
      i = i32x4.add(i, i32x4.dot_i16x8_s(v128.load8x8_s(p), s));
      j = i32x4.add(j, i32x4.dot_i16x8_s(v128.load8x8_s(p, 8), s));
      s = v128.load32_splat(q, 4);
      k = i32x4.add(k, i32x4.dot_i16x8_s(v128.load8x8_s(p, 16), s));
      l = i32x4.add(l, i32x4.dot_i16x8_s(v128.load8x8_s(p, 24), s));
      s = v128.load32_splat(q, 8);
      i = i32x4.add(i, i32x4.dot_i16x8_s(v128.load8x8_s(p, 32), s));
      j = i32x4.add(j, i32x4.dot_i16x8_s(v128.load8x8_s(p, 40), s));
      s = v128.load32_splat(q, 12);
      k = i32x4.add(k, i32x4.dot_i16x8_s(v128.load8x8_s(p, 48), s));
      l = i32x4.add(l, i32x4.dot_i16x8_s(v128.load8x8_s(p, 56), s));
    }
    a = scaleAdd(a, i32x4.add(i, k), loadHalf4(w), d);
    b = scaleAdd(b, i32x4.add(j, l), loadHalf4(w + 8), d);
    w += 272;
    x += 64;
    scales += 4;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

function q8x4(w: usize, blocks: i32, x0: usize, xs: usize, scales: usize, ss: usize, out: usize, stride: usize): void {
  let a0 = f32x4.splat(0.0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  for (let block = 0; block < blocks; block++) {
    let i0 = i32x4.splat(0), j0 = i0, i1 = i0, j1 = i0, i2 = i0, j2 = i0, i3 = i0, j3 = i0;
    let p = w + 16;
    for (const end = p + 256; p < end; p += 32) {
      let u = v128.load8x8_s(p), v = v128.load8x8_s(p, 8);
      let s = v128.load32_splat(x0);
      i0 = i32x4.add(i0, i32x4.dot_i16x8_s(u, s));
      j0 = i32x4.add(j0, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs);
      i1 = i32x4.add(i1, i32x4.dot_i16x8_s(u, s));
      j1 = i32x4.add(j1, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs * 2);
      i2 = i32x4.add(i2, i32x4.dot_i16x8_s(u, s));
      j2 = i32x4.add(j2, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs * 3);
      i3 = i32x4.add(i3, i32x4.dot_i16x8_s(u, s));
      j3 = i32x4.add(j3, i32x4.dot_i16x8_s(v, s));
      u = v128.load8x8_s(p, 16);
      v = v128.load8x8_s(p, 24);
      s = v128.load32_splat(x0, 4);
      i0 = i32x4.add(i0, i32x4.dot_i16x8_s(u, s));
      j0 = i32x4.add(j0, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs, 4);
      i1 = i32x4.add(i1, i32x4.dot_i16x8_s(u, s));
      j1 = i32x4.add(j1, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs * 2, 4);
      i2 = i32x4.add(i2, i32x4.dot_i16x8_s(u, s));
      j2 = i32x4.add(j2, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x0 + xs * 3, 4);
      i3 = i32x4.add(i3, i32x4.dot_i16x8_s(u, s));
      j3 = i32x4.add(j3, i32x4.dot_i16x8_s(v, s));
      x0 += 8;
    }
    const c = loadHalf4(w), e = loadHalf4(w + 8);
    let d = v128.load32_splat(scales);
    a0 = scaleAdd(a0, i0, c, d);
    b0 = scaleAdd(b0, j0, e, d);
    d = v128.load32_splat(scales + ss);
    a1 = scaleAdd(a1, i1, c, d);
    b1 = scaleAdd(b1, j1, e, d);
    d = v128.load32_splat(scales + ss * 2);
    a2 = scaleAdd(a2, i2, c, d);
    b2 = scaleAdd(b2, j2, e, d);
    d = v128.load32_splat(scales + ss * 3);
    a3 = scaleAdd(a3, i3, c, d);
    b3 = scaleAdd(b3, j3, e, d);
    w += 272;
    scales += 4;
  }
  store4(out, stride, a0, b0, a1, b1, a2, b2, a3, b3);
}

/**
 * Block of 8 outputs x 32: 8 half-float scales, then 8 vectors of int16 lanes [quarter][half][4 outputs][2], whose
 * nibbles
 * 0..3 belong to the quarter's four pairs of inputs. A number is scale · (nibble - 8). Nibbles 1 and 2 are multiplied
 * where they
 * are, 16 and 256 times too large, and their sums shifted: all of it is exact.
 */
function q4x1(w: usize, blocks: i32, x: usize, tile: Tile, row: i32, out: usize): void {
  let a = f32x4.splat(0.0), b = a;
  const mask = i16x8.splat(0x000f), mask1 = i16x8.splat(0x00f0), mask2 = i16x8.splat(0x0f00);
  let scales = tile.scales + <usize>row * tile.scaleStride;
  let sums = tile.sums + <usize>row * tile.sumStride;
  for (let block = 0; block < blocks; block++) {
    let i = i32x4.splat(-8 * (load<i32>(sums) + load<i32>(sums, 4))), j = i;
    let i1 = i32x4.splat(0), j1 = i1, i2 = i1, j2 = i1;
    for (let quarter: usize = 0; quarter < 4; quarter++) {
      const u = v128.load(w + quarter * 32, 16), v = v128.load(w + quarter * 32, 32);
      const q = x + quarter * 16;
      let s = v128.load32_splat(q);
      i = i32x4.add(i, i32x4.dot_i16x8_s(v128.and(u, mask), s));
      j = i32x4.add(j, i32x4.dot_i16x8_s(v128.and(v, mask), s));
      s = v128.load32_splat(q, 4);
      i1 = i32x4.add(i1, i32x4.dot_i16x8_s(v128.and(u, mask1), s));
      j1 = i32x4.add(j1, i32x4.dot_i16x8_s(v128.and(v, mask1), s));
      s = v128.load32_splat(q, 8);
      i2 = i32x4.add(i2, i32x4.dot_i16x8_s(v128.and(u, mask2), s));
      j2 = i32x4.add(j2, i32x4.dot_i16x8_s(v128.and(v, mask2), s));
      s = v128.load32_splat(q, 12);
      i = i32x4.add(i, i32x4.dot_i16x8_s(i16x8.shr_u(u, 12), s));
      j = i32x4.add(j, i32x4.dot_i16x8_s(i16x8.shr_u(v, 12), s));
    }
    i = i32x4.add(i, i32x4.add(i32x4.shr_s(i1, 4), i32x4.shr_s(i2, 8)));
    j = i32x4.add(j, i32x4.add(i32x4.shr_s(j1, 4), i32x4.shr_s(j2, 8)));
    const d = v128.load32_splat(scales);
    a = scaleAdd(a, i, loadHalf4(w), d);
    b = scaleAdd(b, j, loadHalf4(w + 8), d);
    w += 144;
    x += 64;
    scales += 4;
    sums += 8;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}

/** The same for four rows, a nibble at a time. */
function q4x4(w: usize, blocks: i32, x0: usize, tile: Tile, row: i32, out: usize, stride: usize): void {
  let a0 = f32x4.splat(0.0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  const mask = i16x8.splat(15);
  const xs = tile.stride, ss = tile.scaleStride, ms = tile.sumStride;
  let scales = tile.scales + <usize>row * ss;
  let sums = tile.sums + <usize>row * ms;
  for (let block = 0; block < blocks; block++) {
    let i0 = i32x4.splat(-8 * (load<i32>(sums) + load<i32>(sums, 4))), j0 = i0;
    let i1 = i32x4.splat(-8 * (load<i32>(sums + ms) + load<i32>(sums + ms, 4))), j1 = i1;
    let i2 = i32x4.splat(-8 * (load<i32>(sums + ms * 2) + load<i32>(sums + ms * 2, 4))), j2 = i2;
    let i3 = i32x4.splat(-8 * (load<i32>(sums + ms * 3) + load<i32>(sums + ms * 3, 4))), j3 = i3;
    for (let quarter: usize = 0; quarter < 4; quarter++) {
      let u = v128.load(w + quarter * 32, 16), v = v128.load(w + quarter * 32, 32);
      for (let nibble = 0; nibble < 4; nibble++) {
        const p = v128.and(u, mask), q = v128.and(v, mask);
        let s = v128.load32_splat(x0);
        i0 = i32x4.add(i0, i32x4.dot_i16x8_s(p, s));
        j0 = i32x4.add(j0, i32x4.dot_i16x8_s(q, s));
        s = v128.load32_splat(x0 + xs);
        i1 = i32x4.add(i1, i32x4.dot_i16x8_s(p, s));
        j1 = i32x4.add(j1, i32x4.dot_i16x8_s(q, s));
        s = v128.load32_splat(x0 + xs * 2);
        i2 = i32x4.add(i2, i32x4.dot_i16x8_s(p, s));
        j2 = i32x4.add(j2, i32x4.dot_i16x8_s(q, s));
        s = v128.load32_splat(x0 + xs * 3);
        i3 = i32x4.add(i3, i32x4.dot_i16x8_s(p, s));
        j3 = i32x4.add(j3, i32x4.dot_i16x8_s(q, s));
        u = i16x8.shr_u(u, 4);
        v = i16x8.shr_u(v, 4);
        x0 += 4;
      }
    }
    const c = loadHalf4(w), e = loadHalf4(w + 8);
    let d = v128.load32_splat(scales);
    a0 = scaleAdd(a0, i0, c, d);
    b0 = scaleAdd(b0, j0, e, d);
    d = v128.load32_splat(scales + ss);
    a1 = scaleAdd(a1, i1, c, d);
    b1 = scaleAdd(b1, j1, e, d);
    d = v128.load32_splat(scales + ss * 2);
    a2 = scaleAdd(a2, i2, c, d);
    b2 = scaleAdd(b2, j2, e, d);
    d = v128.load32_splat(scales + ss * 3);
    a3 = scaleAdd(a3, i3, c, d);
    b3 = scaleAdd(b3, j3, e, d);
    w += 144;
    scales += 4;
    sums += 8;
  }
  store4(out, stride, a0, b0, a1, b1, a2, b2, a3, b3);
}

/**
 * Block of 8 outputs x 32: for each 16 inputs 8 float scales and 8 float minima (128 bytes in all), then int8 as in Q8.
 */
function scaled(w: usize, blocks: i32, tile: Tile, row: i32, out: usize): void {
  let a = f32x4.splat(0.0), b = a;
  let x = tile.data + <usize>row * tile.stride;
  let scales = tile.scales + <usize>row * tile.scaleStride;
  let sums = tile.sums + <usize>row * tile.sumStride;
  for (let block = 0; block < blocks; block++) {
    const d = v128.load32_splat(scales);
    for (let half: usize = 0; half < 2; half++) {
      let i = i32x4.splat(0), j = i;
      let p = w + 128 + half * 128;
      for (const end = p + 128; p < end; p += 16) {
        const s = v128.load32_splat(x);
        i = i32x4.add(i, i32x4.dot_i16x8_s(v128.load8x8_s(p), s));
        j = i32x4.add(j, i32x4.dot_i16x8_s(v128.load8x8_s(p, 8), s));
        x += 4;
      }
      const f = w + half * 64;
      const m = f32x4.mul(f32x4.convert_i32x4_s(i32x4.splat(load<i32>(sums))), d);
      a = f32x4.add(scaleAdd(a, i, v128.load(f), d), f32x4.mul(v128.load(f, 32), m));
      b = f32x4.add(scaleAdd(b, j, v128.load(f, 16), d), f32x4.mul(v128.load(f, 48), m));
      sums += 4;
    }
    w += 384;
    scales += 4;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
}
