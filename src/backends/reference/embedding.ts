import { assert } from "../../assert.ts";
import type { Matrix } from "./matrix.ts";

/** out[t] = table[tokenIds[t]] * scale: out [T, table.columns], table [vocabSize, columns]. */
export function embed(out: Float64Array, tokenIds: Int32Array, tokenCount: number, table: Matrix, scale: number): void {
  const size = table.columns;
  for (let t = 0; t < tokenCount; t++) {
    const id = tokenIds[t];
    assert(id >= 0 && id < table.rows, () => `token id ${id} is outside a vocabulary of ${table.rows}`);
    table.load(id, 1);
    for (let i = 0; i < size; i++) out[t * size + i] = table.data[table.at + i] * scale;
  }
}
