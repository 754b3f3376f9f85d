// Weights as bfloat16, four in two words: the high half of a float32 each.

alias WeightVector = vec2u;

fn widen(stored: WeightVector) -> vec4f {
  let words = vec4u(stored.x << 16u, stored.x & 0xffff0000u, stored.y << 16u, stored.y & 0xffff0000u);
  return bitcast<vec4f>(words);
}
