/** Hashes the `length` tokens from `start` under a parent; only finds candidates, so any function is right. */
export type BlockHash = (parent: number, tokens: Int32Array, start: number, length: number) => number;

/**
 * Sum of token times coefficient, then a finalizer: the products do not wait for each other, unlike in a rolling hash.
 * Source: multilinear hashing (Lemire and Kaser, arXiv 1202.4961); finalizer of MurmurHash3.
 */
export function multilinearHash(blockSize: number): BlockHash {
  const coefficients = new Int32Array(blockSize);
  let state = 0x9e3779b9;
  for (let i = 0; i < blockSize; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6a09e667;
    coefficients[i] = state | 1;
  }
  return (parent, tokens, start, length) => {
    let hash = Math.imul(parent, 0x85ebca6b);
    for (let i = 0; i < length; i++) hash = (hash + Math.imul(tokens[start + i], coefficients[i])) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    return (hash ^ (hash >>> 15)) >>> 0;
  };
}
