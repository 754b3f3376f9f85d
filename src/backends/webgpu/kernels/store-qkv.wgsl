// Queries, keys and values of a token: queries and keys are rotated (RoPE), keys and values go to the token's slot.
//
// Columns are [query heads of this part, key heads, value heads]. Inside a head of queries and keys the dimensions are
// stored as pairs: 0, half, 1, half + 1, ... so that a vector holds two whole pairs to rotate.

// Vectors of a head.
override HEAD: u32;
// Query heads, in all, and how many of them share a key head.
override QUERY_HEADS: u32;
override SHARING: u32;
override BLOCK_SIZE: u32;

// [position, HEAD] cosine and sine of two pairs.
@group(0) @binding(4) var<storage, read> angles: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> queries: array<vec4f>;
// [block, layer, key or value, head, offset in block, HEAD]
@group(0) @binding(6) var<storage, read_write> cache: array<vec4f>;

fn row_count() -> u32 {
  return token_count();
}

fn rotate(pairs: vec4f, angle: vec4f) -> vec4f {
  let low = pairs.xz;
  let high = pairs.yw;
  let cosine = angle.xz;
  let sine = angle.yw;
  let first = fma(low, cosine, -(high * sine));
  let second = fma(high, cosine, low * sine);
  return vec4f(first.x, second.x, first.y, second.y);
}

fn store(row: u32, column: u32, value: vec4f) {
  let head = column / HEAD;
  let i = column % HEAD;
  let query_heads = part.head_count * SHARING;
  if (head >= query_heads + part.head_count) {
    store_cache(row, head - query_heads, i, value);
    return;
  }
  let rotated = rotate(value, angles[u32(column_at(POSITIONS, row)) * HEAD + i]);
  if (head < query_heads) {
    queries[(row * QUERY_HEADS + part.first_head * SHARING + head) * HEAD + i] = rotated;
  } else {
    store_cache(row, head - query_heads, i, rotated);
  }
}

// `head` counts the key heads, then the value heads.
fn store_cache(row: u32, head: u32, i: u32, value: vec4f) {
  let slot = u32(column_at(SLOTS, row));
  let block = slot / BLOCK_SIZE;
  let offset = slot % BLOCK_SIZE;
  cache[block * part.block_stride + part.layer_offset + (head * BLOCK_SIZE + offset) * HEAD + i] = value;
}
