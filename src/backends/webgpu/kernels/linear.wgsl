// out = input · weights, the part that every variant shares. Weights are [input, column] with four neighbouring output
// columns in a vector, inputs [row, input] with four neighbouring inputs in a vector.
//
// The one order of summation: a dot product is cut into segments of SEGMENT vectors (4 · 32 = 128 inputs). In a segment
// one accumulator takes the inputs in ascending order by fma; the segments' sums are added from left to right. No
// variant may do otherwise: that is what makes a row's bits the same whatever shares its step.

const SEGMENT = 32u;

@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;

// Adds four inputs, in order.
fn add_four(sum: vec4f, four: vec4f, w: FourInputs) -> vec4f {
  return fma(vec4f(four.w), w.w3, fma(vec4f(four.z), w.w2, fma(vec4f(four.y), w.w1, fma(vec4f(four.x), w.w0, sum))));
}
