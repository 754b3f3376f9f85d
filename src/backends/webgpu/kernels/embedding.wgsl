// hidden[row] = the embedding of the row's token. A negative id ~i is the i-th id that the preceding step sampled.
// The table is [dimension, token] with four neighbouring tokens in a vector, the layout of the output matrix, which it
// often is.

override WORKGROUP: u32;
// Vectors of a row of the hidden state.
override OUTPUTS: u32;

@group(0) @binding(2) var<storage, read> weights: array<WeightVector>;
@group(0) @binding(3) var<storage, read> results: array<i32>;
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= OUTPUTS || id.y >= token_count()) {
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
  hidden[id.y * OUTPUTS + id.x] = vec4f(
    entry(4 * id.x, column, lane),
    entry(4 * id.x + 1, column, lane),
    entry(4 * id.x + 2, column, lane),
    entry(4 * id.x + 3, column, lane),
  );
}

fn entry(dimension: u32, column: u32, lane: u32) -> f32 {
  return widen(weights[dimension * part.column_count + column])[lane];
}
