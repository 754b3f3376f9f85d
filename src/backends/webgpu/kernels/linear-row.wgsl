// One row, four outputs a thread; no workgroup memory, no barrier.

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= part.column_count || row >= row_count()) {
    return;
  }
  var total = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var sum = vec4f(0);
    for (var k = start; k < end; k++) {
      let w = weights_at(0, k, column);
      sum = add_four(sum, inputs[row * INPUTS + k], w);
    }
    total += sum;
  }
  store(row, part.first_column + column, total);
}
