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
override SCALE: f32;
// 0 for none.
override SOFT_CAP: f32;

@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// [block, layer, key or value, head, offset in block, token_units()]
@group(0) @binding(3) var<storage, read> cache: array<CacheUnit>;
@group(0) @binding(4) var<storage, read_write> attended: array<vec4f>;

// One head of one token: its query row, visible positions [first, last], block table and place in a block.
struct Task {
  query: u32,
  first: u32,
  last: u32,
  table: u32,
  keys: u32,
}

// `head` counts the query heads of this part.
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

// From a position's key to its value.
fn value_distance() -> u32 {
  return part.head_count * BLOCK_SIZE * token_units();
}

fn key_at(task: Task, position: u32) -> u32 {
  let block = u32(columns[task.table + position / BLOCK_SIZE]);
  return block * part.block_stride + task.keys + position % BLOCK_SIZE * token_units();
}

// Keys of the four positions from `position`; a visible one stands in for one that is not.
fn keys_at(task: Task, position: u32) -> vec4u {
  if (BLOCK_SIZE % 4 == 0 && position >= task.first && position + 3 <= task.last) {
    return vec4u(0, 1, 2, 3) * token_units() + key_at(task, position);
  }
  return vec4u(
    key_at(task, clamp(position, task.first, task.last)),
    key_at(task, clamp(position + 1, task.first, task.last)),
    key_at(task, clamp(position + 2, task.first, task.last)),
    key_at(task, clamp(position + 3, task.first, task.last)),
  );
}

fn visible_at(task: Task, position: u32) -> vec4<bool> {
  let positions = vec4u(0, 1, 2, 3) + position;
  return (positions >= vec4u(task.first)) & (positions <= vec4u(task.last));
}

fn add_product(sum: f32, a: vec4f, b: vec4f) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

fn largest_of(four: vec4f) -> f32 {
  return max(max(four.x, four.y), max(four.z, four.w));
}

fn add_weights(sum: f32, decay: f32, weights: vec4f) -> f32 {
  return fma(sum, decay, weights.x) + weights.y + weights.z + weights.w;
}

// Of products of queries and keys, what the softmax takes.
fn scores_of(products: vec4f, keys: vec4u) -> vec4f {
  return soft_cap(products * scales_at(keys) * SCALE, SOFT_CAP);
}

// Weights of values as they are stored; those of weight 0 may be anything.
fn value_weights(weights: vec4f, values: vec4u, visible: vec4<bool>) -> vec4f {
  return select(vec4f(0), weights * scales_at(values), visible);
}

// Adds vector `i` of four values, in order.
fn add_values(output: vec4f, decay: f32, w: vec4f, values: vec4u, i: u32, visible: vec4<bool>) -> vec4f {
  let v0 = select(vec4f(0), cached(cache[values.x + i]), visible.x);
  let v1 = select(vec4f(0), cached(cache[values.y + i]), visible.y);
  let v2 = select(vec4f(0), cached(cache[values.z + i]), visible.z);
  let v3 = select(vec4f(0), cached(cache[values.w + i]), visible.w);
  return fma(vec4f(w.w), v3, fma(vec4f(w.z), v2, fma(vec4f(w.y), v1, fma(vec4f(w.x), v0, output * decay))));
}
