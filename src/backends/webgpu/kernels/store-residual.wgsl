// The residual connection: FACTOR times the outputs is added to the hidden state.

// Vectors of a row of the hidden state.
override OUTPUTS: u32;
override FACTOR: f32;

@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  let i = row * OUTPUTS + column;
  hidden[i] = hidden[i] + FACTOR * biased(column, value);
}
