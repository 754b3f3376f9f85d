// Outputs of a matrix without a bias.

fn biased(column: u32, value: vec4f) -> vec4f {
  return value;
}
