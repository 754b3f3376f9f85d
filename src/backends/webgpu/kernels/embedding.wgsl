// hidden[row] = the embedding of the row's token times SCALE. A negative id ~i is the i-th id that the preceding step
// sampled. The table has the layout of the output matrix, which it often is: its inputs are the dimensions, its columns
// the tokens.

override WORKGROUP: u32;
override SCALE: f32;

@group(0) @binding(3) var<storage, read> results: array<i32>;
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= INPUTS || id.y >= token_count()) {
    return;
  }
  let known = column_at(TOKEN_IDS, id.y);
  var token = u32(known);
  if (known < 0) {
    token = u32(results[~known]);
  }
  let column = token / 4 - part.first_column;
  if (column >= part.column_count) {
    return; // another part's token: the difference has wrapped or is too large
  }
  let lane = token % 4;
  let w = weights_at(0, id.x, column);
  hidden[id.y * INPUTS + id.x] = vec4f(w.w0[lane], w.w1[lane], w.w2[lane], w.w3[lane]) * SCALE;
}
