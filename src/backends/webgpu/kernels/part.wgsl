// What one dispatch covers of a matrix, of the heads or of the samples, where they are split over several buffers.

struct Part {
  // First column of the matrix in this buffer and how many it has, both in vec4.
  first_column: u32,
  column_count: u32,
  // First row (sample) of this dispatch.
  first_row: u32,
  // Where the layer starts in a block of this key-value buffer, in vec4.
  layer_offset: u32,
  // First key-value head in this buffer and how many it has.
  first_head: u32,
  head_count: u32,
  // From a block to the next one in this buffer, in vec4.
  block_stride: u32,
}

@group(0) @binding(1) var<uniform> part: Part;
