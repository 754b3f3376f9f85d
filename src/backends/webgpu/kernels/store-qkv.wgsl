// Queries, keys and values of a token: queries and keys are rotated, keys and values go to the token's slot.

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  let head = column / HEAD;
  let i = column % HEAD;
  let query_heads = part.head_count * SHARING;
  var vector = biased(column, value);
  if (head < query_heads + part.head_count) {
    vector = rotated(row, i, vector);
  }
  if (head < query_heads) {
    queries[query_at(row, head) + i] = vector;
  } else {
    cache[cache_at(row, head - query_heads) + i] = to_cache(vector);
  }
}
