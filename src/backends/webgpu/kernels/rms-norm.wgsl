// x / sqrt(mean(x²) + EPSILON) · gain, the part that the variants share: the output, or what FACTOR times is added to
// it. The sum of squares is in the one order of linear.wgsl: segments of SEGMENT vectors, in each one accumulator over
// ascending inputs, added from left to right. Source: "Root Mean Square Layer Normalization", arXiv 1910.07467.

const SEGMENT = 32u;

// Vectors of a row, and numbers of a row that are not padding.
override INPUTS: u32;
override SIZE: f32;
override EPSILON: f32;
// Rows are samples, taken from their token's row, or tokens.
override SAMPLED: bool;
// Outputs are added to, FACTOR times, and not replaced.
override ADDED: bool;
override FACTOR: f32;

@group(0) @binding(2) var<storage, read> gains: array<vec4f>;
@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

// Where the inputs of this dispatch's row row start.
fn input_row(row: u32) -> u32 {
  if (SAMPLED) {
    return u32(column_at(SAMPLE_ROWS, part.first_row + row)) * INPUTS;
  }
  return row * INPUTS;
}

// Squares of the segment that starts at vector first, none from the end on.
fn segment_squares(start: u32, first: u32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < min(first + SEGMENT, INPUTS); i++) {
    let x = inputs[start + i];
    sum = fma(x.w, x.w, fma(x.z, x.z, fma(x.y, x.y, fma(x.x, x.x, sum))));
  }
  return sum;
}

fn scale_of(squares: f32) -> f32 {
  return inverseSqrt(squares / SIZE + EPSILON);
}

fn store_normed(i: u32, value: vec4f) {
  if (ADDED) {
    outputs[i] = outputs[i] + FACTOR * value;
  } else {
    outputs[i] = value;
  }
}
