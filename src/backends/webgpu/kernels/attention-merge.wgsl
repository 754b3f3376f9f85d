// Merges the outputs of segments from left to right: the end of attention in every variant.

// What some positions give: outputs and weights relative to the largest score.
struct Partial {
  output: vec4f,
  sum: f32,
  largest: f32,
}

fn nothing() -> Partial {
  return Partial(vec4f(0), 0, LOWEST);
}

fn merged(total: Partial, next: Partial) -> Partial {
  let raised = max(total.largest, next.largest);
  let keep = exp(total.largest - raised);
  let take = exp(next.largest - raised);
  return Partial(
    fma(total.output, vec4f(keep), next.output * take),
    fma(total.sum, keep, next.sum * take),
    raised,
  );
}
