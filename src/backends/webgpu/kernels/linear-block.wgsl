// Many rows: ROW_GROUPS x ROWS rows and COLUMNS columns of four outputs a workgroup, which loads STEPS vectors of
// inputs and their weights into workgroup memory and uses each of them for all its rows or columns. A thread has ROWS
// rows of one column.
//
// ROWS, ROW_GROUPS, COLUMNS and STEPS, a divisor of SEGMENT, are constants that come before this text. Blocks "for
// each" are unrolled: sums stay in registers.

const TILE_ROWS = ROWS * ROW_GROUPS;
const THREADS = COLUMNS * ROW_GROUPS;

// [row, step] and [step, input of four, column]
var<workgroup> tile_inputs: array<vec4f, TILE_ROWS * STEPS>;
var<workgroup> tile_weights: array<vec4f, 4 * STEPS * COLUMNS>;

@compute @workgroup_size(COLUMNS, ROW_GROUPS)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = group.y * TILE_ROWS + local.y * ROWS;
  let rows = row_count();
  let column = group.x * COLUMNS + local.x;
  // for each ROW
  var total_ROW = vec4f(0);
  var sum_ROW = vec4f(0);
  // end ROW
  for (var start = 0u; start < INPUTS; start += STEPS) {
    load_inputs(group.y * TILE_ROWS, rows - 1, start, thread);
    load_weights(group.x * COLUMNS, start, thread);
    workgroupBarrier();
    for (var step = 0u; step < min(STEPS, INPUTS - start); step++) {
      let at = 4 * step * COLUMNS + local.x;
      let weights = FourInputs(
        tile_weights[at],
        tile_weights[at + COLUMNS],
        tile_weights[at + 2 * COLUMNS],
        tile_weights[at + 3 * COLUMNS],
      );
      // for each ROW
      sum_ROW = add_four(sum_ROW, tile_inputs[(local.y * ROWS + ROW) * STEPS + step], weights);
      // end ROW
    }
    if ((start + STEPS) % SEGMENT == 0 || start + STEPS >= INPUTS) {
      // for each ROW
      total_ROW += sum_ROW;
      sum_ROW = vec4f(0);
      // end ROW
    }
    workgroupBarrier();
  }
  if (column >= part.column_count) {
    return;
  }
  var totals: array<vec4f, ROWS>;
  // for each ROW
  totals[ROW] = total_ROW;
  // end ROW
  for (var i = 0u; i < ROWS && row + i < rows; i++) {
    store(row + i, part.first_column + column, totals[i]);
  }
}

// Rows behind the last one repeat it; vectors behind the last one are not used.
fn load_inputs(first_row: u32, last_row: u32, start: u32, thread: u32) {
  for (var i = thread; i < TILE_ROWS * STEPS; i += THREADS) {
    let k = start + i % STEPS;
    if (k < INPUTS) {
      tile_inputs[i] = inputs[min(first_row + i / STEPS, last_row) * INPUTS + k];
    }
  }
}

fn load_weights(first_column: u32, start: u32, thread: u32) {
  for (var i = thread; i < STEPS * COLUMNS; i += THREADS) {
    let k = start + i / COLUMNS;
    let column = first_column + i % COLUMNS;
    if (k < INPUTS && column < part.column_count) {
      let weights = weights_at(0, k, column);
      let at = 4 * (i / COLUMNS) * COLUMNS + i % COLUMNS;
      tile_weights[at] = weights.w0;
      tile_weights[at + COLUMNS] = weights.w1;
      tile_weights[at + 2 * COLUMNS] = weights.w2;
      tile_weights[at + 3 * COLUMNS] = weights.w3;
    }
  }
}
