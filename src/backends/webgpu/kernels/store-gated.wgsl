// activation(gate) * up. Columns alternate: gate 0, up 0, gate 1, up 1. Source: "GLU Variants", arXiv 2002.05202.

// Pairs of a row of the output.
override OUTPUTS: u32;

@group(0) @binding(4) var<storage, read_write> gated: array<vec2f>;

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  let pair = biased(column, value);
  gated[row * OUTPUTS + column] = activation(pair.xz) * pair.yw;
}
