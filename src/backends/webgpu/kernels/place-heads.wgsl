// Queries, keys and values of a token that need all numbers of a head at a time: for a norm of queries and keys, or for
// the scale of whole numbers. A head a thread.

override WORKGROUP: u32;
// Numbers of a head.
override SIZE: f32;
override EPSILON: f32;
// Heads of queries and keys are normalized.
override NORMED: bool;

// [row, column] of heads.wgsl
@group(0) @binding(2) var<storage, read> projected: array<vec4f>;
// [query or key, HEAD]
@group(0) @binding(3) var<storage, read> gains: array<vec4f>;

// One head of one token: its first column, where its gains start, and what its numbers are multiplied by.
struct Head {
  start: u32,
  gains: u32,
  scale: f32,
  is_value: bool,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  let query_heads = part.head_count * SHARING;
  let heads = query_heads + 2 * part.head_count;
  if (id.x >= heads || row >= token_count()) {
    return;
  }
  let values = id.x >= query_heads + part.head_count;
  var head = Head((row * heads + id.x) * HEAD, select(HEAD, 0u, id.x < query_heads), 1, values);
  if (NORMED && !head.is_value) {
    head.scale = norm_scale(head.start);
  }
  if (id.x >= query_heads) {
    store_cached(row, cache_at(row, id.x - query_heads), head);
    return;
  }
  let to = query_at(row, id.x);
  for (var i = 0u; i < HEAD; i++) {
    queries[to + i] = vector_of(row, head, i);
  }
}

// 1 / sqrt(mean(x²) + EPSILON), one accumulator over ascending numbers.
fn norm_scale(start: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < HEAD; i++) {
    let x = projected[start + i];
    sum = fma(x.w, x.w, fma(x.z, x.z, fma(x.y, x.y, fma(x.x, x.x, sum))));
  }
  return inverseSqrt(sum / SIZE + EPSILON);
}

fn vector_of(row: u32, head: Head, i: u32) -> vec4f {
  var vector = projected[head.start + i];
  if (head.is_value) {
    return vector;
  }
  if (NORMED) {
    vector = vector * head.scale * gains[head.gains + i];
  }
  return rotated(row, i, vector);
}
