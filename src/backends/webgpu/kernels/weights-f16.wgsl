// Weights as binary16, four in two words. Every one of them is a float32 exactly, so widening changes no bit.

alias WeightVector = vec2u;

fn widen(stored: WeightVector) -> vec4f {
  return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y));
}
