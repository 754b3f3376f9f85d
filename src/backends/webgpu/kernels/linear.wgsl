// out = input · weights, the part that every variant shares. Weights are [input, column] with four neighbouring output
// columns in a vector, inputs [row, input] with four neighbouring inputs in a vector.
//
// The one order of summation: a dot product is cut into segments of SEGMENT vectors (4 · 32 = 128 inputs). In a segment
// one accumulator takes the inputs in ascending order by fma; the segments' sums are added from left to right. No
// variant may do otherwise: that is what makes a row's bits the same whatever shares its step.

const SEGMENT = 32u;

// Vectors of an input row.
override INPUTS: u32;

@group(0) @binding(2) var<storage, read> weights: array<WeightVector>;
@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;

// Weights of input `input` for the four outputs of this part's column `column`.
fn weight_at(input: u32, column: u32) -> vec4f {
  return widen(weights[input * part.column_count + column]);
}

// Adds four inputs, in order.
fn add_four(sum: vec4f, four: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return fma(vec4f(four.w), w3, fma(vec4f(four.z), w2, fma(vec4f(four.y), w1, fma(vec4f(four.x), w0, sum))));
}
