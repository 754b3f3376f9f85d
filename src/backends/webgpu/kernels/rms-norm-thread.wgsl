// A row by LANES threads: each sums the whole row's squares and writes its own share, which needs no barrier.

const LANES = 4u;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = input_row(group.x);
  var squares = 0.0;
  for (var first = 0u; first < INPUTS; first += SEGMENT) {
    squares += segment_squares(start, first);
  }
  let scale = scale_of(squares);
  for (var i = lane; i < INPUTS; i += LANES) {
    store_normed(group.x * INPUTS + i, inputs[start + i] * scale * gains[i]);
  }
}
