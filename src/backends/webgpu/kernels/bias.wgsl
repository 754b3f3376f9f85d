// Outputs of a matrix with a bias; BIAS, the number of its binding, is a constant that comes before this text.

@group(0) @binding(BIAS) var<storage, read> bias: array<vec4f>;

fn biased(column: u32, value: vec4f) -> vec4f {
  return value + bias[column];
}
