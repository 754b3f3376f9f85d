// Four rows, 16 columns of four outputs a workgroup. Its lanes take segments in parallel, so that a product with few
// rows still fills a GPU; then the segments' sums are added from left to right, one row a lane.

const ROWS = 4u;
const COLUMNS = 16u;
const LANES = 8u;

// [lane, row, column]
var<workgroup> sums: array<vec4f, LANES * ROWS * COLUMNS>;

@compute @workgroup_size(COLUMNS, LANES)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let column = group.x * COLUMNS + local.x;
  let row = group.y * ROWS;
  let rows = row_count();
  let is_column = column < part.column_count;
  var total = vec4f(0);
  for (var start = 0u; start < INPUTS; start += LANES * SEGMENT) {
    if (is_column) {
      sum_segment(row, rows - 1, column, start + local.y * SEGMENT, local.y * ROWS * COLUMNS + local.x);
    }
    workgroupBarrier();
    let lanes = min(LANES, (INPUTS - start + SEGMENT - 1) / SEGMENT);
    for (var lane = 0u; lane < lanes && local.y < ROWS; lane++) {
      total += sums[(lane * ROWS + local.y) * COLUMNS + local.x];
    }
    workgroupBarrier();
  }
  if (is_column && local.y < ROWS && row + local.y < rows) {
    store(row + local.y, part.first_column + column, total);
  }
}

// Sums of the segment that starts at vector `first`, written from `to` on. Rows behind the last one repeat it.
fn sum_segment(row: u32, last: u32, column: u32, first: u32, to: u32) {
  let i0 = min(row, last) * INPUTS;
  let i1 = min(row + 1, last) * INPUTS;
  let i2 = min(row + 2, last) * INPUTS;
  let i3 = min(row + 3, last) * INPUTS;
  var s0 = vec4f(0);
  var s1 = vec4f(0);
  var s2 = vec4f(0);
  var s3 = vec4f(0);
  for (var k = first; k < min(first + SEGMENT, INPUTS); k++) {
    let w = weights_at(0, k, column);
    s0 = add_four(s0, inputs[i0 + k], w);
    s1 = add_four(s1, inputs[i1 + k], w);
    s2 = add_four(s2, inputs[i2 + k], w);
    s3 = add_four(s3, inputs[i3 + k], w);
  }
  sums[to] = s0;
  sums[to + COLUMNS] = s1;
  sums[to + 2 * COLUMNS] = s2;
  sums[to + 3 * COLUMNS] = s3;
}
