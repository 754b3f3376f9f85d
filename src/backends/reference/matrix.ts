import type { Tensor } from "../../model.ts";
import { dequantize, isFloat, rowBytes, rowCount, rowLength, toFloat32 } from "../../quantization/index.ts";

/** Rows that `Matrix.load` gives at a time: `linear` reads four. */
export const ROWS_AT_A_TIME = 4;

/**
 * A weight matrix [rows, columns] as float32 rows. Float types are widened once, as float32 holds each of their numbers;
 * blocks stay as they are stored and are dequantized when they are read.
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

  constructor(tensor: Tensor) {
    this.rows = rowCount(tensor);
    this.columns = rowLength(tensor);
    this.#tensor = tensor;
    this.#rowBytes = rowBytes(tensor.dtype, this.columns);
    this.#resident = isFloat(tensor.dtype);
    this.data = this.#resident ? toFloat32(tensor) : new Float32Array(ROWS_AT_A_TIME * this.columns);
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
