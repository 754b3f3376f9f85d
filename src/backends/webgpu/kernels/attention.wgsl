// Keys, values and scores of four positions: what the variants of attention share, behind attention-task.wgsl.

// 0 for none.
override SOFT_CAP: f32;
override SCALE: f32;

@group(0) @binding(2) var<storage, read> queries: array<vec4f>;
// [block, layer, key or value, head, offset in block, token_units()]
@group(0) @binding(3) var<storage, read> cache: array<CacheUnit>;

// From a position's key to its value.
fn value_distance() -> u32 {
  return part.head_count * BLOCK_SIZE * token_units();
}

fn key_at(task: Task, position: u32) -> u32 {
  let block = u32(columns[task.table + position / BLOCK_SIZE]);
  return block * part.block_stride + task.keys + position % BLOCK_SIZE * token_units();
}

// Keys of the four positions from position; a visible one stands in for one that is not.
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

// Adds the products of vector i of a query with the keys of four positions.
fn add_products(sums: vec4f, q: vec4f, keys: vec4u, i: u32) -> vec4f {
  return add_four_products(
    sums,
    q,
    cached(cache[keys.x + i]),
    cached(cache[keys.y + i]),
    cached(cache[keys.z + i]),
    cached(cache[keys.w + i]),
  );
}

fn add_four_products(sums: vec4f, q: vec4f, k0: vec4f, k1: vec4f, k2: vec4f, k3: vec4f) -> vec4f {
  return vec4f(
    add_product(sums.x, q, k0),
    add_product(sums.y, q, k1),
    add_product(sums.z, q, k2),
    add_product(sums.w, q, k3),
  );
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

// Weights of values as they are stored, whose scales are scales; those of weight 0 may be anything.
fn value_weights(weights: vec4f, scales: vec4f, visible: vec4<bool>) -> vec4f {
  return select(vec4f(0), weights * scales, visible);
}

// Vector i of the values of four positions.
struct FourValues {
  v0: vec4f,
  v1: vec4f,
  v2: vec4f,
  v3: vec4f,
}

fn values_at(values: vec4u, i: u32, visible: vec4<bool>) -> FourValues {
  return FourValues(
    select(vec4f(0), cached(cache[values.x + i]), visible.x),
    select(vec4f(0), cached(cache[values.y + i]), visible.y),
    select(vec4f(0), cached(cache[values.z + i]), visible.z),
    select(vec4f(0), cached(cache[values.w + i]), visible.w),
  );
}

// Adds four values, in order.
fn add_values(output: vec4f, decay: f32, w: vec4f, v: FourValues) -> vec4f {
  return fma(vec4f(w.w), v.v3, fma(vec4f(w.z), v.v2, fma(vec4f(w.y), v.v1, fma(vec4f(w.x), v.v0, output * decay))));
}
