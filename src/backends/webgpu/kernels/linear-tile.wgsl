// Eight rows, four outputs a thread, so that a weight is loaded once for eight rows; no workgroup memory, no barrier.
// Sums are named one by one: an array that is indexed by a loop lives in memory, not in registers.

const ROWS = 8u;

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y * ROWS;
  let rows = row_count();
  if (column >= part.column_count || row >= rows) {
    return;
  }
  // Rows behind the last one repeat it; they are not stored.
  let last = rows - 1;
  let i0 = row * INPUTS;
  let i1 = min(row + 1, last) * INPUTS;
  let i2 = min(row + 2, last) * INPUTS;
  let i3 = min(row + 3, last) * INPUTS;
  let i4 = min(row + 4, last) * INPUTS;
  let i5 = min(row + 5, last) * INPUTS;
  let i6 = min(row + 6, last) * INPUTS;
  let i7 = min(row + 7, last) * INPUTS;
  var t0 = vec4f(0);
  var t1 = vec4f(0);
  var t2 = vec4f(0);
  var t3 = vec4f(0);
  var t4 = vec4f(0);
  var t5 = vec4f(0);
  var t6 = vec4f(0);
  var t7 = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var s0 = vec4f(0);
    var s1 = vec4f(0);
    var s2 = vec4f(0);
    var s3 = vec4f(0);
    var s4 = vec4f(0);
    var s5 = vec4f(0);
    var s6 = vec4f(0);
    var s7 = vec4f(0);
    for (var k = start; k < end; k++) {
      let w = weights_at(0, k, column);
      s0 = add_four(s0, inputs[i0 + k], w);
      s1 = add_four(s1, inputs[i1 + k], w);
      s2 = add_four(s2, inputs[i2 + k], w);
      s3 = add_four(s3, inputs[i3 + k], w);
      s4 = add_four(s4, inputs[i4 + k], w);
      s5 = add_four(s5, inputs[i5 + k], w);
      s6 = add_four(s6, inputs[i6 + k], w);
      s7 = add_four(s7, inputs[i7 + k], w);
    }
    t0 += s0;
    t1 += s1;
    t2 += s2;
    t3 += s3;
    t4 += s4;
    t5 += s5;
    t6 += s6;
    t7 += s7;
  }
  let totals = array<vec4f, ROWS>(t0, t1, t2, t3, t4, t5, t6, t7);
  for (var i = 0u; i < min(ROWS, rows - row); i++) {
    store(row + i, part.first_column + column, totals[i]);
  }
}
