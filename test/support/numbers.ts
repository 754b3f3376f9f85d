import { Matrix } from "../../src/backends/reference/matrix.ts";
import { uniform } from "../../src/sampling/threefry.ts";

/** Numbers in [-1, 1) that look random and are the same on every machine. */
export function numbers(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 2 * uniform(seed, 0, 0, i) - 1);
}

/** The same as float32: weights. */
export function weights(length: number, seed: number): Float32Array {
  return new Float32Array(numbers(length, seed));
}

/** A weight matrix of the reference with those numbers. */
export function matrixOf(values: Float32Array, columns: number): Matrix {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Matrix({ name: "numbers", dtype: "F32", shape: [values.length / columns, columns], bytes });
}

/** Row `row` of a row-major matrix. */
export function rowOf(matrix: ArrayLike<number>, row: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => matrix[row * size + i]);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}

/** Largest absolute difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a.length === b.length
    ? Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
    : Infinity;
}
