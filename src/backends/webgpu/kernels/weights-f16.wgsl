// Weights as binary16, four in two words. Every one of them is a float32 exactly, so widening changes no bit.

@group(0) @binding(2) var<storage, read> weights: array<vec2u>;

fn widen(stored: vec2u) -> vec4f {
  return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y));
}

// Weights of vector k of the inputs for the four outputs of this part's column column, in matrix matrix of this
// part.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let at = (matrix * INPUTS + k) * 4 * stride + column;
  return FourInputs(
    widen(weights[at]),
    widen(weights[at + stride]),
    widen(weights[at + 2 * stride]),
    widen(weights[at + 3 * stride]),
  );
}

// These formats have no scales.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  return vec4f(1);
}

fn weights_by(scale: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_at(matrix, k, column);
}
