// The scales of four heads and tokens, which lie behind their numbers.

fn scales_at(at: vec4u) -> vec4f {
  return vec4f(
    bitcast<f32>(cache[at.x + HEAD]),
    bitcast<f32>(cache[at.y + HEAD]),
    bitcast<f32>(cache[at.z + HEAD]),
    bitcast<f32>(cache[at.w + HEAD]),
  );
}
