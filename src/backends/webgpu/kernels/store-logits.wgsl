// Logits of the samples of one tile.

// Vectors of a row of logits.
override OUTPUTS: u32;
// Most rows of a tile.
override TILE: u32;
override FACTOR: f32;
// 0 for none.
override SOFT_CAP: f32;

@group(0) @binding(4) var<storage, read_write> logits: array<vec4f>;

fn row_count() -> u32 {
  return min(sample_count() - part.first_row, TILE);
}

fn store(row: u32, column: u32, value: vec4f) {
  logits[row * OUTPUTS + column] = soft_cap(biased(column, value) * FACTOR, SOFT_CAP);
}
