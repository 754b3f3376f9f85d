// out = x / sqrt(mean(x²) + EPSILON) · gain, a row by LANES threads: each sums the whole row's squares and writes its
// own share, which needs no barrier. The sum is in the one order of linear.wgsl.
// Source: "Root Mean Square Layer Normalization", arXiv 1910.07467.

const SEGMENT = 32u;
const LANES = 4u;

// Vectors of a row, and numbers of a row that are not padding.
override INPUTS: u32;
override SIZE: f32;
override EPSILON: f32;
// Rows are samples, taken from their token's row, or tokens.
override SAMPLED: bool;

@group(0) @binding(2) var<storage, read> gains: array<vec4f>;
@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let row = group.x;
  var source = row;
  if (SAMPLED) {
    source = u32(column_at(SAMPLE_ROWS, part.first_row + row));
  }
  let start = source * INPUTS;
  let scale = inverseSqrt(sum_squares(start) / SIZE + EPSILON);
  for (var i = local.x; i < INPUTS; i += LANES) {
    outputs[row * INPUTS + i] = inputs[start + i] * scale * gains[i];
  }
}

fn sum_squares(start: u32) -> f32 {
  var total = 0.0;
  for (var first = 0u; first < INPUTS; first += SEGMENT) {
    var sum = 0.0;
    for (var i = first; i < min(first + SEGMENT, INPUTS); i++) {
      let x = inputs[start + i];
      sum = fma(x.w, x.w, fma(x.z, x.z, fma(x.y, x.y, fma(x.x, x.x, sum))));
    }
    total += sum;
  }
  return total;
}
