// A few rows, with the inputs split over the lanes of a workgroup: lane l of COLUMNS threads sums segments l, l +
// LANES, ... so that a product with one row still has a thread for each column and segment. Then the segments' sums are
// added from left to right, ROWS_AT_A_TIME rows in parallel, because workgroup memory holds no more.
//
// ROWS of a thread, ROW_GROUPS, COLUMNS, LANES, ROWS_AT_A_TIME and STEPS, the vectors of inputs whose weights are
// loaded before they are used, are constants that come before this text. Blocks "for each" are unrolled: sums stay in
// registers.

const THREADS = COLUMNS * LANES * ROW_GROUPS;

// [row at a time, lane, row group, column]
var<workgroup> sums: array<vec4f, ROWS_AT_A_TIME * THREADS>;

@compute @workgroup_size(COLUMNS, ROW_GROUPS, LANES)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let column = group.x * COLUMNS + local.x;
  let lane = local.z;
  let place = local.y * COLUMNS + local.x;
  let row = (group.y * ROW_GROUPS + local.y) * ROWS;
  let rows = row_count();
  let is_column = column < part.column_count;
  var totals: array<vec4f, ROWS / ROWS_AT_A_TIME>;
  // Rows behind the last one repeat it; they are not stored.
  // for each ROW
  let input_ROW = min(row + ROW, rows - 1) * INPUTS;
  // end ROW
  for (var start = 0u; start < INPUTS; start += LANES * SEGMENT) {
    // for each ROW
    var sum_ROW = vec4f(0);
    // end ROW
    if (is_column) {
      var k = start + lane * SEGMENT;
      let end = min(k + SEGMENT, INPUTS);
      for (; k + STEPS <= end; k += STEPS) {
        let scale = scale_at(0, k, column);
        // for each STEP
        let weights_STEP = weights_by(scale, 0, k + STEP, column);
        // end STEP
        // for each STEP
        // for each ROW
        sum_ROW = add_four(sum_ROW, inputs[input_ROW + k + STEP], weights_STEP);
        // end ROW
        // end STEP
      }
      for (; k < end; k++) {
        let weights = weights_at(0, k, column);
        // for each ROW
        sum_ROW = add_four(sum_ROW, inputs[input_ROW + k], weights);
        // end ROW
      }
    }
    let lanes = min(LANES, (INPUTS - start + SEGMENT - 1) / SEGMENT);
    // for each ROW
    sums[(ROW % ROWS_AT_A_TIME * LANES + lane) * ROW_GROUPS * COLUMNS + place] = sum_ROW;
    if (ROW % ROWS_AT_A_TIME == ROWS_AT_A_TIME - 1) {
      workgroupBarrier();
      if (lane < ROWS_AT_A_TIME) {
        totals[ROW / ROWS_AT_A_TIME] = add_lanes(totals[ROW / ROWS_AT_A_TIME], lane * THREADS + place, lanes);
      }
      workgroupBarrier();
    }
    // end ROW
  }
  if (!is_column || lane >= ROWS_AT_A_TIME) {
    return;
  }
  for (var i = 0u; i < ROWS / ROWS_AT_A_TIME; i++) {
    let to = row + i * ROWS_AT_A_TIME + lane;
    if (to < rows) {
      store(to, part.first_column + column, totals[i]);
    }
  }
}

// Adds the sums of lanes lanes from left to right; those of the first lie at first.
fn add_lanes(total: vec4f, first: u32, lanes: u32) -> vec4f {
  var sum = total;
  for (var i = 0u; i < lanes; i++) {
    sum += sums[first + i * ROW_GROUPS * COLUMNS];
  }
  return sum;
}
