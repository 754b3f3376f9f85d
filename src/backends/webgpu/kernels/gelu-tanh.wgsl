// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), with (1 + tanh(y)) / 2 as 1 / (1 + exp(-2 * y)), which
// overflows for no x. Source: "Gaussian Error Linear Units", arXiv 1606.08415.

fn activation(x: vec2f) -> vec2f {
  let y = 0.7978845608 * (x + 0.044715 * x * x * x);
  return x / (1 + exp(-2 * y));
}
