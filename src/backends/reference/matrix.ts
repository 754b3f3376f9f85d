import type { Tensor } from "../../model.ts";
import {
  dequantize,
  isFloat,
  roundToInt8,
  rowBytes,
  rowCount,
  rowLength,
  toFloat32,
} from "../../quantization/index.ts";

/** Rows that `Matrix.load` gives at a time: `linear` reads four. */
export const ROWS_AT_A_TIME = 4;

/**
 * A weight matrix [rows, columns] as float32 rows. Float types are widened once, as float32 holds each of their
 * numbers; blocks stay as they are stored and are dequantized when they are read.
 */
export class Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Holds the rows that were loaded last, from `at` on. */
  readonly data: Float32Array;
  at = 0;
  readonly #tensor: Tensor;
  readonly #rowBytes: number;
  readonly #resident: boolean;
  readonly #roundsInputs: boolean;
  #rounded = new Float64Array(0);

  /** `roundsInputs`: blocks multiply inputs that are rounded to int8. */
  constructor(tensor: Tensor, roundsInputs = false) {
    this.rows = rowCount(tensor);
    this.columns = rowLength(tensor);
    this.#tensor = tensor;
    this.#rowBytes = rowBytes(tensor.dtype, this.columns);
    this.#resident = isFloat(tensor.dtype);
    this.#roundsInputs = roundsInputs && !this.#resident;
    this.data = this.#resident ? toFloat32(tensor) : new Float32Array(ROWS_AT_A_TIME * this.columns);
  }

  /** The inputs [rows, columns] that the matrix multiplies: `x`, or its rounded numbers, valid until the next call. */
  inputs(x: Float64Array, rows: number): Float64Array {
    if (!this.#roundsInputs) return x;
    const count = rows * this.columns;
    if (this.#rounded.length < count) this.#rounded = new Float64Array(count);
    roundToInt8(x, 0, count, this.#rounded, 0);
    return this.#rounded;
  }

  /** Makes `count` rows from row `first` on readable in `data`, from `at` on, until the next call. */
  load(first: number, count: number): void {
    if (this.#resident) {
      this.at = first * this.columns;
      return;
    }
    const { dtype, bytes } = this.#tensor;
    dequantize(dtype, bytes, first * this.#rowBytes, count * this.columns, this.data, 0);
  }
}
