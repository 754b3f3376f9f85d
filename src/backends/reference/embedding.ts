import { assert } from "../../assert.ts";

/** out[t] = table[tokenIds[t]]: out [T, size], table [vocabSize, size]. */
export function embed(out: Float64Array, tokenIds: Int32Array, tokenCount: number, table: Float32Array, size: number): void {
  const vocabSize = table.length / size;
  for (let t = 0; t < tokenCount; t++) {
    const id = tokenIds[t];
    assert(id >= 0 && id < vocabSize, () => `token id ${id} is outside a vocabulary of ${vocabSize}`);
    for (let i = 0; i < size; i++) out[t * size + i] = table[id * size + i];
  }
}
