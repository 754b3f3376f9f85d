import { type Expression, byteRange, choice, sequence } from "./expression.ts";

/** A set of Unicode code points: inclusive ranges, ascending, apart from each other. */
export type CodePointSet = readonly (readonly [low: number, high: number])[];

export const MAX_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

export const ANY_CODE_POINT: CodePointSet = [[0, MAX_CODE_POINT]];

/** Sorted, with ranges that touch joined. */
export function codePointSet(ranges: Iterable<readonly [number, number]>): CodePointSet {
  const joined: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else joined.push([low, high]);
  }
  return joined;
}

export function complement(set: CodePointSet): CodePointSet {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const [low, high] of set) {
    if (from < low) gaps.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= MAX_CODE_POINT) gaps.push([from, MAX_CODE_POINT]);
  return gaps;
}

/** Code points of `set` that are not in `without`. */
export function difference(set: CodePointSet, without: CodePointSet): CodePointSet {
  return intersection(set, complement(without));
}

export function intersection(a: CodePointSet, b: CodePointSet): CodePointSet {
  const both: [number, number][] = [];
  for (const [low, high] of a) {
    for (const [otherLow, otherHigh] of b) {
      if (otherLow <= high && low <= otherHigh) both.push([Math.max(low, otherLow), Math.min(high, otherHigh)]);
    }
  }
  return both;
}

export function hasCodePoint(set: CodePointSet, point: number): boolean {
  return set.some(([low, high]) => low <= point && point <= high);
}

/** One code point of the set in UTF-8. Surrogates have no UTF-8 and match nothing. */
export function utf8(set: CodePointSet): Expression {
  const options: Expression[] = [];
  for (const [low, high] of difference(set, [[FIRST_SURROGATE, LAST_SURROGATE]])) addUtf8(low, high, options);
  return choice(...options);
}

/** Last code points that are encoded in 1, 2, 3 and 4 bytes. */
const LENGTH_LIMITS = [0x7f, 0x7ff, 0xffff, MAX_CODE_POINT];

/** Splits the range until each byte of a piece has a range of its own. Source: Russ Cox's utf8.go in RE2. */
function addUtf8(low: number, high: number, out: Expression[]): void {
  for (const limit of LENGTH_LIMITS) {
    if (low <= limit && limit < high) {
      addUtf8(low, limit, out);
      addUtf8(limit + 1, high, out);
      return;
    }
  }
  for (let bits = 6; high > 0x7f && bits <= 18; bits += 6) {
    const mask = 2 ** bits - 1;
    if (low >> bits === high >> bits) continue;
    const cut = (low & mask) === 0 ? ((high + 1) & ~mask) - 1 : low | mask;
    if ((low & mask) === 0 && (high & mask) === mask) continue;
    addUtf8(low, cut, out);
    addUtf8(cut + 1, high, out);
    return;
  }
  const from = encode(low);
  const to = encode(high);
  out.push(sequence(...from.map((byte, i) => byteRange(byte, to[i]))));
}

function encode(point: number): number[] {
  if (point <= 0x7f) return [point];
  const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
  if (point <= 0x7ff) return [0xc0 | (point >> 6), tail(0)];
  if (point <= 0xffff) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
