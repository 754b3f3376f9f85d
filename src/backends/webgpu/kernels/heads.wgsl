// Where queries, keys and values of a token lie. Columns of a row are [query heads of this part, key heads, value
// heads], HEAD vectors each. Inside a head of queries and keys the rotated dimensions are stored as pairs: 0, half, 1,
// half + 1, ... so that a vector holds two whole pairs; the others follow.

// Vectors of a head.
override HEAD: u32;
// Query heads, in all, and how many of them share a key head.
override QUERY_HEADS: u32;
override SHARING: u32;
override BLOCK_SIZE: u32;

@group(0) @binding(5) var<storage, read_write> queries: array<vec4f>;
// [block, layer, key or value, head, offset in block, token_units()]
@group(0) @binding(6) var<storage, read_write> cache: array<CacheUnit>;

// First vector of query head head of this part.
fn query_at(row: u32, head: u32) -> u32 {
  return (row * QUERY_HEADS + part.first_head * SHARING + head) * HEAD;
}

// First unit of head head of this part, which counts the key heads, then the value heads.
fn cache_at(row: u32, head: u32) -> u32 {
  let slot = u32(column_at(part.group + GROUP_SLOTS, row));
  let block = slot / BLOCK_SIZE;
  let offset = slot % BLOCK_SIZE;
  return block * part.block_stride + part.layer_offset + (head * BLOCK_SIZE + offset) * token_units();
}
