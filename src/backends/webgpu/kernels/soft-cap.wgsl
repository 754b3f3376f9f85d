// cap * tanh(x / cap), x itself where cap is 0; NaN stays NaN. Source: Gemma 2, arXiv 2408.00118, section 2. A
// device's tanh may overflow for large numbers; beyond 10 it is 1 in float32.

fn soft_cap(x: vec4f, cap: f32) -> vec4f {
  if (cap == 0) {
    return x;
  }
  let is_nan = (bitcast<vec4u>(x) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
  return select(cap * tanh(clamp(x / cap, vec4f(-10), vec4f(10))), x, is_nan);
}
