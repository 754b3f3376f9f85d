// One row of one expert, four outputs a thread; no workgroup memory, no barrier. Rows are [token, PER_TOKEN]: each has
// the matrix of the expert that it names. Rows of experts of other parts are left to those.

override WORKGROUP: u32;
override PER_TOKEN: u32;
// The experts of a token have its input row in common; else each has its own.
override COMMON_INPUT: bool;

@group(0) @binding(CHOICES) var<storage, read> choices: array<vec2u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= part.column_count || row >= row_count() * PER_TOKEN) {
    return;
  }
  let expert = choices[row].x - part.first_expert;
  if (expert >= part.expert_count) {
    return; // another part's: the difference has wrapped or is too large
  }
  let input = select(row, row / PER_TOKEN, COMMON_INPUT) * INPUTS;
  var total = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var sum = vec4f(0);
    for (var k = start; k < end; k++) {
      sum = add_four(sum, inputs[input + k], weights_at(expert, k, column));
    }
    total += sum;
  }
  store(row, column, total);
}
