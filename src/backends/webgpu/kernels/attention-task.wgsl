// Causal softmax(softCap(q · kᵀ * SCALE)) · v over block tables: what the variants share. Query head h reads key head
// h / SHARING (grouped-query attention, arXiv 2305.13245); the layout is PagedAttention's (arXiv 2309.06180), the
// running softmax FlashAttention's (arXiv 2205.14135).
//
// The one order of summation: positions are taken four at a time, at multiples of four, with one running maximum, sum
// and output; every SEGMENT positions, at its multiples, these are merged into the totals from left to right. All cuts
// are at absolute positions, so neither the batch nor a chunk nor where a block lies changes a bit. What is not visible
// is masked by select: 0 · NaN is NaN.
//
// HEAD, the vectors of a head, is a constant that comes before this text: arrays in registers need one.

const SEGMENT = 256u;
const LOWEST = -3.4028234e38;

override QUERY_HEADS: u32;
override SHARING: u32;
override BLOCK_SIZE: u32;
// Most recent positions that are visible, 0 for all.
override WINDOW: u32;

// One head of one token: its query row, visible positions [first, last], block table and place in a block.
struct Task {
  query: u32,
  first: u32,
  last: u32,
  table: u32,
  keys: u32,
}

// head counts the query heads of this part.
fn task_of(row: u32, head: u32) -> Task {
  let slot = u32(column_at(REQUEST_SLOTS, row));
  let last = u32(column_at(POSITIONS, row));
  return Task(
    (row * QUERY_HEADS + part.first_head * SHARING + head) * HEAD,
    select(0u, last + 1 - WINDOW, WINDOW > 0 && last >= WINDOW),
    last,
    u32(columns[part.group + GROUP_TABLES]) + slot * u32(columns[part.group + GROUP_TABLE_STRIDE]),
    part.layer_offset + head / SHARING * BLOCK_SIZE * token_units(),
  );
}
