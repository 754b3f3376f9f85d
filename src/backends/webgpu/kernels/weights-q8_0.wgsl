// Weights in blocks of 32 inputs with a binary16 scale: d * q. For a block and a column of four outputs: two words with
// the four scales, then a word for each input with four signed bytes. The product is exact, so it is the float32 of the
// oracle.

@group(0) @binding(2) var<storage, read> weights: array<u32>;

const BLOCK_WORDS = 34u;

fn signed_bytes(word: u32) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(word)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

// As in weights-f32.wgsl.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_by(scale_at(matrix, k, column), matrix, k, column);
}

fn block_at(matrix: u32, k: u32, column: u32) -> u32 {
  return (matrix * INPUTS + k) / 8 * BLOCK_WORDS * part.column_count + column;
}

// The scales of the block of vector k.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  let block = block_at(matrix, k, column);
  return vec4f(unpack2x16float(weights[block]), unpack2x16float(weights[block + part.column_count]));
}

// As weights_at, with the block's scales.
fn weights_by(d: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let block = block_at(matrix, k, column);
  let at = block + (2 + k % 8 * 4) * stride;
  return FourInputs(
    d * signed_bytes(weights[at]),
    d * signed_bytes(weights[at + stride]),
    d * signed_bytes(weights[at + 2 * stride]),
    d * signed_bytes(weights[at + 3 * stride]),
  );
}
