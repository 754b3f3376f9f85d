// What one dispatch covers of a matrix, of the heads or of the samples, where they are split over several buffers.

struct Part {
  // First column of the matrix in this buffer and how many it has, both in vec4.
  first_column: u32,
  column_count: u32,
  // First row (sample) of this dispatch.
  first_row: u32,
  // Where the layer starts in a block of this key-value buffer, in units of the cache.
  layer_offset: u32,
  // First key-value head in this buffer and how many it has.
  first_head: u32,
  head_count: u32,
  // From a block to the next one in this buffer, in units of the cache.
  block_stride: u32,
  // Header word where the columns of the layer's block group start.
  group: u32,
  // First expert in this buffer and how many it has.
  first_expert: u32,
  expert_count: u32,
}

@group(0) @binding(1) var<uniform> part: Part;
