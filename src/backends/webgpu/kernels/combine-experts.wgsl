// The sum of a token's experts by their shares, in ascending order of their numbers: the output, or what FACTOR times
// is added to it.

override WORKGROUP: u32;
// Vectors of a row.
override OUTPUTS: u32;
override PER_TOKEN: u32;
override ADDED: bool;
override FACTOR: f32;

// [token, PER_TOKEN, OUTPUTS]
@group(0) @binding(2) var<storage, read> expert_outputs: array<vec4f>;
@group(0) @binding(3) var<storage, read> choices: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= OUTPUTS || id.y >= token_count()) {
    return;
  }
  var sum = vec4f(0);
  for (var i = id.y * PER_TOKEN; i < (id.y + 1) * PER_TOKEN; i++) {
    sum = fma(vec4f(bitcast<f32>(choices[i].y)), expert_outputs[i * OUTPUTS + id.x], sum);
  }
  let to = id.y * OUTPUTS + id.x;
  if (ADDED) {
    outputs[to] = outputs[to] + FACTOR * sum;
  } else {
    outputs[to] = sum;
  }
}
