// x / (1 + exp(-x)). Source: arXiv 1702.03118.

fn activation(x: vec2f) -> vec2f {
  return x / (1 + exp(-x));
}
