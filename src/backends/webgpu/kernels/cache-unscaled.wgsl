// Numbers that are stored as floats have no scale.

fn scales_at(at: vec4u) -> vec4f {
  return vec4f(1);
}
