// A row by a workgroup whose lanes take segments in parallel.

const LANES = 64u;

var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = input_row(group.x);
  var squares = 0.0;
  for (var first = 0u; first < INPUTS; first += LANES * SEGMENT) {
    sums[lane] = segment_squares(start, first + lane * SEGMENT);
    workgroupBarrier();
    for (var i = 0u; i < min(LANES, (INPUTS - first + SEGMENT - 1) / SEGMENT); i++) {
      squares += sums[i];
    }
    workgroupBarrier();
  }
  let scale = scale_of(squares);
  for (var i = lane; i < INPUTS; i += LANES) {
    store_normed(group.x * INPUTS + i, inputs[start + i] * scale * gains[i]);
  }
}
