/**
 * Causal softmax(q · kᵀ) · v over block tables. A unit is a tile of a request's tokens and some query heads that share
 * a key
 * head; each of its rows (token, head) computes alone over ascending positions, so that neither the tile nor the place
 * of a
 * block can change a bit. Source of the layout: PagedAttention, arXiv 2309.06180.
 */
import { KV_F32, Layer } from "./layout";
import { headPlane, kvRowBytes, widenRow } from "./kv";
import { exp4, largestLane, sumLanes, sumLanesOf4, tanh4 } from "./simd";
import { model, scratch, step, take } from "./state";

/** Positions whose keys are located, and widened, at once. */
const POSITIONS: i32 = 64;

/** Words of an attention tile: request, first token, tokens. */
const TILE_BYTES: usize = 12;

/** One unit's place: set by `attendUnit`, read by the loops below. */
let table: usize = 0;
let origin: i32 = 0;
let low: i32 = 0;
let scoreStride: usize = 0;

/** All units of the layer that this thread gets. */
export function attend(layer: Layer): void {
  const sharing = layer.headCount / layer.kvHeadCount;
  const whole = step.attentionTileCount * layer.kvHeadCount >= 4 * step.threads;
  const heads = whole ? sharing : 1; // few units: a head each, so that all threads have work
  const parts = layer.headCount / heads;
  const units = step.attentionTileCount * parts;
  for (let unit = take(); unit < units; unit = take()) {
    attendUnit(layer, step.attentionTiles + <usize>(unit / parts) * TILE_BYTES, (unit % parts) * heads, heads, sharing);
  }
}

function attendUnit(layer: Layer, place: usize, firstHead: i32, heads: i32, sharing: i32): void {
  const request = load<i32>(place);
  const token = load<i32>(place, 4);
  const tokens = load<i32>(place, 8);
  const group = <usize>layer.group << 2;
  const start = load<i32>(load<usize>(step.tableStarts + group) + <usize>request * 4);
  table = load<usize>(step.tables + group) + <usize>start * 4;
  origin = load<i32>(load<usize>(step.firstPositions + group) + <usize>request * 4);
  const position = load<i32>(step.positions + <usize>token * 4);
  low = firstVisible(position, layer.window);
  const high = position + tokens;
  scoreStride = <usize>((high - low + 7) & ~3) * 4;
  const kvHead = firstHead / sharing;
  for (let at = low; at < high; at += POSITIONS) {
    scoreTile(layer, token, tokens, firstHead, heads, kvHead, at, min(at + POSITIONS, high));
  }
  for (let r = 0; r < tokens * heads; r++) {
    const p = position + r / heads;
    const first = firstVisible(p, layer.window) - low;
    const scores = scratch.scores + <usize>r * scoreStride;
    softmax(scores, first, p + 1 - low, layer.attentionCap, scratch.totals + <usize>r * 4);
  }
  for (let at = low; at < high; at += POSITIONS) {
    weighTile(layer, token, tokens, firstHead, heads, kvHead, at, min(at + POSITIONS, high));
  }
}

// @ts-ignore: decorator
@inline
function firstVisible(position: i32, window: i32): i32 {
  return window == 0 ? 0 : max(0, position + 1 - window);
}

/**
 * Fills `pointers` with where the floats of positions [at, end) lie: in the block, or widened in this thread's memory.
 */
function locate(plane: usize, at: i32, end: i32, padded: i32): void {
  const kind = model.kvKind;
  const rowBytes = kvRowBytes(kind, padded);
  for (let p = at; p < end; p++) {
    const index = p - origin;
    const block = load<i32>(table + <usize>(index / model.blockSize) * 4);
    const place = plane + <usize>(index % model.blockSize) * rowBytes;
    const row = model.deviceBlocks + <usize>block * model.blockBytes + place;
    const i = <usize>(p - at);
    let pointer = row;
    if (kind != KV_F32) {
      pointer = scratch.widened + i * 4 * padded;
      widenRow(pointer, row, padded);
    }
    store<usize>(scratch.pointers + 4 * i, pointer);
  }
}

function scoreTile(
  layer: Layer, token: i32, tokens: i32, firstHead: i32, heads: i32, kvHead: i32, at: i32, end: i32,
): void {
  const padded = (layer.headDim + 3) & ~3;
  const bytes = <usize>padded * 4;
  locate(headPlane(layer, kvHead, false, kvRowBytes(model.kvKind, padded)), at, end, padded);
  const position = load<i32>(step.positions + <usize>token * 4);
  for (let r = 0; r < tokens * heads; r++) {
    const p = position + r / heads;
    const first = max(at, firstVisible(p, layer.window));
    const last = min(end, p + 1);
    const queries = model.queryRows + <usize>(token + r / heads) * model.queryStride;
    const query = queries + <usize>(firstHead + r % heads) * bytes;
    const scores = scratch.scores + <usize>r * scoreStride;
    for (let i = first; i < last; i += 4) {
      const k0 = keyAt(i, at, last), k1 = keyAt(i + 1, at, last);
      const k2 = keyAt(i + 2, at, last), k3 = keyAt(i + 3, at, last);
      let a = f32x4.splat(0.0), b = a, c = a, d = a;
      for (let o: usize = 0; o < bytes; o += 16) {
        const q = v128.load(query + o);
        a = f32x4.add(a, f32x4.mul(q, v128.load(k0 + o)));
        b = f32x4.add(b, f32x4.mul(q, v128.load(k1 + o)));
        c = f32x4.add(c, f32x4.mul(q, v128.load(k2 + o)));
        d = f32x4.add(d, f32x4.mul(q, v128.load(k3 + o)));
      }
      v128.store(scores + <usize>(i - low) * 4, sumLanesOf4(a, b, c, d));
    }
  }
}

/** The key of a position, or of the last visible one: what lies beyond is never read. */
// @ts-ignore: decorator
@inline
function keyAt(position: i32, at: i32, end: i32): usize {
  return load<usize>(scratch.pointers + <usize>(min(position, end - 1) - at) * 4);
}

/** Scores of [first, end) become exp(score - largest), and their sum is stored at `total`. */
function softmax(scores: usize, first: i32, end: i32, cap: f32, total: usize): void {
  const from = scores + <usize>first * 4, to = scores + <usize>end * 4;
  if (cap != 0.0) {
    const c = f32x4.splat(cap), inverse = f32x4.splat(<f32>1.0 / cap);
    for (let at = from; at < to; at += 16) v128.store(at, f32x4.mul(c, tanh4(f32x4.mul(v128.load(at), inverse))));
  }
  for (let i: usize = 0; i < 12; i += 4) store<f32>(to + i, -Infinity);
  let largest = v128.load(from);
  for (let at = from + 16; at < to; at += 16) largest = f32x4.max(largest, v128.load(at));
  const top = f32x4.splat(largestLane(largest));
  let sum = f32x4.splat(0.0);
  for (let at = from; at < to; at += 16) {
    const e = exp4(f32x4.sub(v128.load(at), top));
    v128.store(at, e);
    sum = f32x4.add(sum, e);
  }
  store<f32>(total, sumLanes(sum));
}

/** Adds the weighted values of positions [at, end) to each row; the last tile divides by the totals. */
function weighTile(
  layer: Layer, token: i32, tokens: i32, firstHead: i32, heads: i32, kvHead: i32, at: i32, end: i32,
): void {
  const headDim = layer.headDim;
  const padded = (headDim + 3) & ~3;
  locate(headPlane(layer, kvHead, true, kvRowBytes(model.kvKind, padded)), at, end, padded);
  const position = load<i32>(step.positions + <usize>token * 4);
  for (let r = 0; r < tokens * heads; r++) {
    const p = position + r / heads;
    const first = firstVisible(p, layer.window);
    const begin = max(at, first), last = min(end, p + 1);
    if (begin >= last) continue;
    const scores = scratch.scores + <usize>r * scoreStride + <usize>(begin - low) * 4;
    const sums = scratch.rowSums + <usize>r * <usize>padded * 4;
    weighRow(sums, scores, scratch.pointers + <usize>(begin - at) * 4, last - begin, padded, begin == first);
    if (last != p + 1) continue;
    const outputs = model.attendedRows + <usize>(token + r / heads) * model.attendedStride;
    const out = outputs + <usize>((firstHead + r % heads) * headDim) * 4;
    const total = load<f32>(scratch.totals + <usize>r * 4);
    for (let d: usize = 0; d < <usize>headDim * 4; d += 4) store<f32>(out + d, load<f32>(sums + d) / total);
  }
}

/** sums += Σ scores · values, 16 numbers of the head at a time. */
function weighRow(sums: usize, scores: usize, pointers: usize, count: i32, padded: i32, isFirst: bool): void {
  const bytes = <usize>padded * 4;
  const zero = f32x4.splat(0.0);
  let o: usize = 0;
  for (; o + 64 <= bytes; o += 64) {
    let a = zero, b = zero, c = zero, d = zero;
    if (!isFirst) {
      a = v128.load(sums + o);
      b = v128.load(sums + o, 16);
      c = v128.load(sums + o, 32);
      d = v128.load(sums + o, 48);
    }
    for (let i: usize = 0; i < <usize>count * 4; i += 4) {
      const s = v128.load32_splat(scores + i);
      const v = load<usize>(pointers + i) + o;
      a = f32x4.add(a, f32x4.mul(s, v128.load(v)));
      b = f32x4.add(b, f32x4.mul(s, v128.load(v, 16)));
      c = f32x4.add(c, f32x4.mul(s, v128.load(v, 32)));
      d = f32x4.add(d, f32x4.mul(s, v128.load(v, 48)));
    }
    v128.store(sums + o, a);
    v128.store(sums + o, b, 16);
    v128.store(sums + o, c, 32);
    v128.store(sums + o, d, 48);
  }
  for (; o < bytes; o += 16) {
    let a = isFirst ? zero : v128.load(sums + o);
    for (let i: usize = 0; i < <usize>count * 4; i += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(scores + i), v128.load(load<usize>(pointers + i) + o)));
    }
    v128.store(sums + o, a);
  }
}
