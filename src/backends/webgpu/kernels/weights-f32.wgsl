// Weights as float32.

alias WeightVector = vec4f;

fn widen(stored: WeightVector) -> vec4f {
  return stored;
}
