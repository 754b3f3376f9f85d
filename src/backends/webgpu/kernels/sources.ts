// Written by scripts/embed-wgsl.ts from the .wgsl files of this folder: change the .wgsl files.

export const SOURCES = {
  "attention-group": `\
// Some query heads of one token, over all segments.

@group(0) @binding(4) var<storage, read_write> attended: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let head = first_head(group.x);
  let task = task_of(group.y, head);
  load_queries(task, head, lane);
  // for each PART
  var total_PART = nothing();
  // end PART
  for (var start = task.first / SEGMENT * SEGMENT; start <= task.last; start += SEGMENT) {
    score_segment(task, start, lane);
    let partials = add_segment(task, start, lane);
    // for each PART
    total_PART = merged(total_PART, partials[PART]);
    // end PART
    workgroupBarrier();
  }
  // for each PART
  if (is_head(head, head_of(lane, PART))) {
    attended[task.query + head_of(lane, PART) * HEAD + vector_of(lane)] = total_PART.output / total_PART.sum;
  }
  // end PART
}
`,
  "attention-lanes": `\
// SHARED query heads that share a key head, of one token, a workgroup: each key and value is read once for all of them.
// Each lane scores four positions of a segment; then each adds the segment's values from left to right, for one vector
// of the output of PARTS heads. The running maximum before each four is found by looking at those before it: maxima are
// exact, so the numbers are those of the thread variant.
//
// SHARED, PARTS and SPREAD, the lanes among which the heads of a vector are dealt, are constants that come before this
// text.

const LANES = SEGMENT / 4;

// [head, HEAD]
var<workgroup> query: array<vec4f, SHARED * HEAD>;
// [head, lane]: the largest score of four, later what the sums before decay by
var<workgroup> lane_scalars: array<f32, SHARED * LANES>;
var<workgroup> lane_weights: array<vec4f, SHARED * LANES>;
var<workgroup> lane_keys: array<vec4u, LANES>;
var<workgroup> segment_largest: array<f32, SHARED>;

// First query head, of this part, of workgroup group; the last workgroup of a key head may have heads to spare.
fn first_head(group: u32) -> u32 {
  let groups = (SHARING + SHARED - 1) / SHARED;
  return group / groups * SHARING + group % groups * SHARED;
}

fn is_head(first: u32, i: u32) -> bool {
  return i < SHARED && first % SHARING + i < SHARING;
}

fn load_queries(task: Task, head: u32, lane: u32) {
  for (var i = lane; i < SHARED * HEAD; i += LANES) {
    let own = select(0u, i, is_head(head, i / HEAD)); // one to spare repeats the first
    query[i] = queries[task.query + own];
  }
  workgroupBarrier();
}

// Fills the weights, decays and keys of the segment at start.
fn score_segment(task: Task, start: u32, lane: u32) {
  let position = start + 4 * lane;
  let visible = visible_at(task, position);
  // for each QUERY
  var scores_QUERY = vec4f(0);
  // end QUERY
  if (any(visible)) {
    let keys = keys_at(task, position);
    for (var i = 0u; i < HEAD; i++) {
      let k0 = cached(cache[keys.x + i]);
      let k1 = cached(cache[keys.y + i]);
      let k2 = cached(cache[keys.z + i]);
      let k3 = cached(cache[keys.w + i]);
      // for each QUERY
      scores_QUERY = add_four_products(scores_QUERY, query[QUERY * HEAD + i], k0, k1, k2, k3);
      // end QUERY
    }
    // for each QUERY
    scores_QUERY = scores_of(scores_QUERY, keys);
    // end QUERY
    lane_keys[lane] = keys;
  }
  // for each QUERY
  scores_QUERY = select(vec4f(LOWEST), scores_QUERY, visible);
  lane_scalars[QUERY * LANES + lane] = largest_of(scores_QUERY);
  // end QUERY
  workgroupBarrier();
  // for each QUERY
  let before_QUERY = largest_before(QUERY * LANES, lane);
  let raised_QUERY = max(before_QUERY, largest_of(scores_QUERY));
  // end QUERY
  workgroupBarrier();
  // for each QUERY
  lane_scalars[QUERY * LANES + lane] = exp(before_QUERY - raised_QUERY);
  lane_weights[QUERY * LANES + lane] = select(vec4f(0), exp(scores_QUERY - raised_QUERY), visible);
  if (lane == LANES - 1) {
    segment_largest[QUERY] = raised_QUERY;
  }
  // end QUERY
  workgroupBarrier();
}

// The largest of the scalars from first on, of the lanes before lane.
fn largest_before(first: u32, lane: u32) -> f32 {
  var largest = LOWEST;
  for (var i = 0u; i < lane; i++) {
    largest = max(largest, lane_scalars[first + i]);
  }
  return largest;
}

// Which head a lane has as its PART-th, SHARED or more for none, and which vector of it.
fn head_of(lane: u32, i: u32) -> u32 {
  return select(SHARED, lane / HEAD + i * SPREAD, lane < SPREAD * HEAD);
}

fn vector_of(lane: u32) -> u32 {
  return lane % HEAD;
}

// What this lane's heads get from the segment at start.
fn add_segment(task: Task, start: u32, lane: u32) -> array<Partial, PARTS> {
  // for each PART
  var sum_PART = 0.0;
  var output_PART = vec4f(0);
  let head_PART = min(head_of(lane, PART), SHARED - 1);
  // end PART
  let first_lane = (max(start, task.first) - start) / 4;
  let end_lane = min(LANES, (task.last - start) / 4 + 1);
  for (var i = first_lane; i < end_lane && lane < SPREAD * HEAD; i++) {
    let visible = visible_at(task, start + 4 * i);
    let at = lane_keys[i] + value_distance();
    let values = values_at(at, vector_of(lane), visible);
    let scales = scales_at(at);
    // for each PART
    let decay_PART = lane_scalars[head_PART * LANES + i];
    let weights_PART = lane_weights[head_PART * LANES + i];
    sum_PART = add_weights(sum_PART, decay_PART, weights_PART);
    output_PART = add_values(output_PART, decay_PART, value_weights(weights_PART, scales, visible), values);
    // end PART
  }
  var partials: array<Partial, PARTS>;
  // for each PART
  partials[PART] = Partial(output_PART, sum_PART, segment_largest[head_PART]);
  // end PART
  return partials;
}
`,
  "attention-merge": `\
// Merges the outputs of segments from left to right: the end of attention in every variant.

// What some positions give: outputs and weights relative to the largest score.
struct Partial {
  output: vec4f,
  sum: f32,
  largest: f32,
}

fn nothing() -> Partial {
  return Partial(vec4f(0), 0, LOWEST);
}

fn merged(total: Partial, next: Partial) -> Partial {
  let raised = max(total.largest, next.largest);
  let keep = exp(total.largest - raised);
  let take = exp(next.largest - raised);
  return Partial(
    fma(total.output, vec4f(keep), next.output * take),
    fma(total.sum, keep, next.sum * take),
    raised,
  );
}
`,
  "attention-partials": `\
// Where the outputs of segments lie: [row, query head, segment, HEAD + 1], the last vector with their sum and maximum.

// Segments of the longest context.
override SEGMENTS: u32;

// head counts the query heads of this part.
fn partial_at(row: u32, head: u32, segment: u32) -> u32 {
  return ((row * QUERY_HEADS + part.first_head * SHARING + head) * SEGMENTS + segment) * (HEAD + 1);
}
`,
  "attention-split": `\
// Some query heads of one token, over one segment: with few tokens, a long context still fills a GPU.

@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let head = first_head(group.x);
  let task = task_of(group.y, head);
  let start = group.z * SEGMENT;
  if (start > task.last || start + SEGMENT <= task.first) {
    return;
  }
  load_queries(task, head, lane);
  score_segment(task, start, lane);
  let own = add_segment(task, start, lane);
  // for each PART
  if (is_head(head, head_of(lane, PART))) {
    let to = partial_at(group.y, head + head_of(lane, PART), group.z);
    partials[to + vector_of(lane)] = own[PART].output;
    if (vector_of(lane) == 0) {
      partials[to + HEAD] = vec4f(own[PART].sum, own[PART].largest, 0, 0);
    }
  }
  // end PART
}
`,
  "attention-task": `\
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
`,
  "attention-thread": `\
// One head of one token a thread; no barrier. Outputs lie in workgroup memory, each thread's by itself: a private array
// of a head's length takes the compilers of software adapters minutes.

@group(0) @binding(4) var<storage, read_write> attended: array<vec4f>;

override WORKGROUP: u32;

// [thread, HEAD]
var<workgroup> outputs: array<vec4f, WORKGROUP * HEAD>;
var<workgroup> totals: array<vec4f, WORKGROUP * HEAD>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  if (id.x >= part.head_count * SHARING || id.y >= token_count()) {
    return;
  }
  let task = task_of(id.y, id.x);
  let own = thread * HEAD;
  for (var i = 0u; i < HEAD; i++) {
    totals[own + i] = vec4f(0);
  }
  var total_largest = LOWEST;
  var total_sum = 0.0;
  for (var start = task.first / SEGMENT * SEGMENT; start <= task.last; start += SEGMENT) {
    var largest = LOWEST;
    var sum = 0.0;
    for (var i = 0u; i < HEAD; i++) {
      outputs[own + i] = vec4f(0);
    }
    let end = min(start + SEGMENT, task.last + 1);
    for (var position = max(start, task.first / 4 * 4); position < end; position += 4) {
      let keys = keys_at(task, position);
      let visible = visible_at(task, position);
      var scores = vec4f(0);
      for (var i = 0u; i < HEAD; i++) {
        scores = add_products(scores, queries[task.query + i], keys, i);
      }
      scores = select(vec4f(LOWEST), scores_of(scores, keys), visible);
      let raised = max(largest, largest_of(scores));
      let decay = exp(largest - raised);
      let weights = select(vec4f(0), exp(scores - raised), visible);
      largest = raised;
      sum = add_weights(sum, decay, weights);
      let values = keys + value_distance();
      let w = value_weights(weights, scales_at(values), visible);
      for (var i = 0u; i < HEAD; i++) {
        outputs[own + i] = add_values(outputs[own + i], decay, w, values_at(values, i, visible));
      }
    }
    let before = Partial(vec4f(0), total_sum, total_largest);
    for (var i = 0u; i < HEAD; i++) {
      let total = merged(Partial(totals[own + i], total_sum, total_largest), Partial(outputs[own + i], sum, largest));
      totals[own + i] = total.output;
    }
    let total = merged(before, Partial(vec4f(0), sum, largest));
    total_sum = total.sum;
    total_largest = total.largest;
  }
  for (var i = 0u; i < HEAD; i++) {
    attended[task.query + i] = totals[own + i] / total_sum;
  }
}
`,
  "attention-total": `\
// One head of one token a workgroup, a vector of its output a thread: the segments' outputs, from left to right.

@group(0) @binding(2) var<storage, read> partials: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> attended: array<vec4f>;

@compute @workgroup_size(HEAD)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3u) {
  let task = task_of(group.y, group.x);
  var total = nothing();
  for (var segment = task.first / SEGMENT; segment <= task.last / SEGMENT; segment++) {
    let at = partial_at(group.y, group.x, segment);
    let of_all = partials[at + HEAD];
    total = merged(total, Partial(partials[at + i], of_all.x, of_all.y));
  }
  attended[task.query + i] = total.output / total.sum;
}
`,
  "attention": `\
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
`,
  "bias": `\
// Outputs of a matrix with a bias; BIAS, the number of its binding, is a constant that comes before this text.

@group(0) @binding(BIAS) var<storage, read> bias: array<vec4f>;

fn biased(column: u32, value: vec4f) -> vec4f {
  return value + bias[column];
}
`,
  "cache-f16": `\
// Keys and values as binary16, four in two words, rounded to the nearest with ties to even (quantization/half.ts).

alias CacheUnit = vec2u;

fn cached(unit: CacheUnit) -> vec4f {
  return vec4f(unpack2x16float(unit.x), unpack2x16float(unit.y));
}

fn to_cache(value: vec4f) -> CacheUnit {
  let halves = to_halves(bitcast<vec4u>(value));
  return vec2u(halves.x | (halves.y << 16), halves.z | (halves.w << 16));
}

// By bits, because devices may round and flush as they like when they convert.
fn to_halves(bits: vec4u) -> vec4u {
  let sign = (bits >> vec4u(16)) & vec4u(0x8000);
  let magnitude = bits & vec4u(0x7fffffff);
  let normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> vec4u(13)) & vec4u(1))) >> vec4u(13);
  let mantissa = (magnitude & vec4u(0x7fffff)) | vec4u(0x800000);
  let small = rounded_shift(mantissa, 126u - min(magnitude >> vec4u(23), vec4u(113)));
  var halves = select(normal, small, magnitude < vec4u(0x38800000));
  halves = select(halves, vec4u(0x7c00), magnitude >= vec4u(0x477ff000));
  halves = select(halves, vec4u(0x7e00), magnitude > vec4u(0x7f800000));
  return sign | halves;
}

// x / 2^by for x below 2^24, ties to even.
fn rounded_shift(x: vec4u, by: vec4u) -> vec4u {
  let shift = min(by, vec4u(31));
  let kept = x >> shift;
  let rest = x & ((vec4u(1) << shift) - 1u);
  let half = vec4u(1) << (shift - 1u);
  return kept + select(vec4u(0), vec4u(1), (rest > half) | ((rest == half) & ((kept & vec4u(1)) == vec4u(1))));
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD;
}
`,
  "cache-f32": `\
// Keys and values as float32.

alias CacheUnit = vec4f;

fn cached(unit: CacheUnit) -> vec4f {
  return unit;
}

fn to_cache(value: vec4f) -> CacheUnit {
  return value;
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD;
}
`,
  "cache-int8": `\
// Keys and values as signed bytes, four in a word, and behind those of a head and token their float32 scale: what is
// read is the whole number, which the scale multiplies later.

alias CacheUnit = u32;

fn cached(unit: CacheUnit) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(unit)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

// The numbers are whole, within 127.
fn to_cache(value: vec4f) -> CacheUnit {
  let bytes = bitcast<vec4u>(vec4i(value)) & vec4u(0xff);
  return bytes.x | (bytes.y << 8) | (bytes.z << 16) | (bytes.w << 24);
}

// Units of one head and token.
fn token_units() -> u32 {
  return HEAD + 1;
}
`,
  "cache-scaled": `\
// The scales of four heads and tokens, which lie behind their numbers.

fn scales_at(at: vec4u) -> vec4f {
  return vec4f(
    bitcast<f32>(cache[at.x + HEAD]),
    bitcast<f32>(cache[at.y + HEAD]),
    bitcast<f32>(cache[at.z + HEAD]),
    bitcast<f32>(cache[at.w + HEAD]),
  );
}
`,
  "cache-unscaled": `\
// Numbers that are stored as floats have no scale.

fn scales_at(at: vec4u) -> vec4f {
  return vec4f(1);
}
`,
  "columns": `\
// The step's columns in one array of words (see columns.ts): a header of counts and of where each column starts.

const TOKEN_COUNT = 0u;
const SAMPLE_COUNT = 1u;
const TOKEN_IDS = 2u;
const POSITIONS = 3u;
const REQUEST_SLOTS = 4u;
const SAMPLE_ROWS = 5u;
const TEMPERATURE = 6u;
const TOP_K = 7u;
const TOP_P = 8u;
const MIN_P = 9u;
const SEED_LOW = 10u;
const SEED_HIGH = 11u;
const CHOICE = 12u;
const LOGPROBS = 13u;
const EDIT_STARTS = 14u;
const EDIT_IDS = 15u;
const EDIT_BIAS = 16u;
const EDIT_SCALE = 17u;
const EDIT_PENALTY = 18u;
const MASK_PLACES = 19u;
const MASK_WORDS = 20u;
const GROUPS = 21u;

// Words of each block group, the first group's from GROUPS on.
const GROUP_SLOTS = 0u;
const GROUP_TABLES = 1u;
const GROUP_TABLE_STRIDE = 2u;

@group(0) @binding(0) var<storage, read> columns: array<i32>;

// Entry index of the column whose header word is name.
fn column_at(name: u32, index: u32) -> i32 {
  return columns[u32(columns[name]) + index];
}

fn token_count() -> u32 {
  return u32(columns[TOKEN_COUNT]);
}

fn sample_count() -> u32 {
  return u32(columns[SAMPLE_COUNT]);
}
`,
  "combine-experts": `\
// The sum of a token's experts by their shares, in ascending order of their numbers: the output, or what FACTOR times
// is added to it.

override WORKGROUP: u32;
// Vectors of a row.
override OUTPUTS: u32;
override PER_TOKEN: u32;
override ADDED: bool;
override FACTOR: f32;

// [token, PER_TOKEN, OUTPUTS]
@group(0) @binding(2) var<storage, read> expert_outputs: array<vec4f>;
@group(0) @binding(3) var<storage, read> choices: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= OUTPUTS || id.y >= token_count()) {
    return;
  }
  var sum = vec4f(0);
  for (var i = id.y * PER_TOKEN; i < (id.y + 1) * PER_TOKEN; i++) {
    sum = fma(vec4f(bitcast<f32>(choices[i].y)), expert_outputs[i * OUTPUTS + id.x], sum);
  }
  let to = id.y * OUTPUTS + id.x;
  if (ADDED) {
    outputs[to] = outputs[to] + FACTOR * sum;
  } else {
    outputs[to] = sum;
  }
}
`,
  "edit": `\
// Each sample's logits with its edits and mask, by the rule of sampling/edits.ts; one workgroup a sample. The largest
// numbers stand for infinities, because shaders need not know infinities.

const LANES = 64u;
const NEVER = -3e38;
const ALWAYS = 3e38;

override VOCABULARY: u32;
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> edited: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sample = part.first_row + group.x;
  let row = group.x * ROW_STRIDE;
  let place = column_at(MASK_PLACES, sample);
  for (var id = lane; id < VOCABULARY; id += LANES) {
    edited[row + id] = select(NEVER, logits[row + id], allows(place, id));
  }
  storageBarrier();
  let end = u32(column_at(EDIT_STARTS, sample + 1));
  for (var i = u32(column_at(EDIT_STARTS, sample)) + lane; i < end; i += LANES) {
    let id = u32(column_at(EDIT_IDS, i));
    if (allows(place, id)) {
      edited[row + id] = edit(logits[row + id], i);
    }
  }
}

fn allows(place: i32, id: u32) -> bool {
  if (place < 0) {
    return true;
  }
  let word = u32(column_at(MASK_WORDS, u32(place) * ((VOCABULARY + 31) / 32) + id / 32));
  return ((word >> (id % 32)) & 1) == 1;
}

fn edit(logit: f32, i: u32) -> f32 {
  let bits = u32(column_at(EDIT_BIAS, i));
  if ((bits & 0x7fffffffu) == 0x7f800000u) {
    return select(ALWAYS, NEVER, bits >= 0x80000000u);
  }
  let x = logit + bitcast<f32>(bits);
  let scale = bitcast<f32>(column_at(EDIT_SCALE, i));
  return clamp(select(x * scale, x / scale, x > 0) - bitcast<f32>(column_at(EDIT_PENALTY, i)), NEVER, ALWAYS);
}
`,
  "embedding": `\
// hidden[row] = the embedding of the row's token times SCALE. A negative id ~i is the i-th id that the preceding step
// sampled. The table has the layout of the output matrix, which it often is: its inputs are the dimensions, its columns
// the tokens.

override WORKGROUP: u32;
override SCALE: f32;

@group(0) @binding(3) var<storage, read> results: array<i32>;
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= INPUTS || id.y >= token_count()) {
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
  let w = weights_at(0, id.x, column);
  hidden[id.y * INPUTS + id.x] = vec4f(w.w0[lane], w.w1[lane], w.w2[lane], w.w3[lane]) * SCALE;
}
`,
  "gelu-tanh": `\
// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), with (1 + tanh(y)) / 2 as 1 / (1 + exp(-2 * y)), which
// overflows for no x. Source: "Gaussian Error Linear Units", arXiv 1606.08415.

fn activation(x: vec2f) -> vec2f {
  let y = 0.7978845608 * (x + 0.044715 * x * x * x);
  return x / (1 + exp(-2 * y));
}
`,
  "greedy": `\
// The id of the largest logit, ties to the lowest id, 0 where there is none, and flags: bit 0 where a logit is NaN or
// infinite. One workgroup a sample. Flags lie behind the ids, [SAMPLES] each.

override SAMPLES: u32;
// Whether flags are written: not where the logits are edited ones.
override FLAGS: bool;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sample = part.first_row + group.x;
  let row = group.x * ROW_STRIDE;
  var best_rank = 0u;
  var best_id = 0u;
  var strange = 0u;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    let r = rank(logits[row + id]);
    strange |= select(1u, 0u, is_finite(r));
    if (r > best_rank) {
      best_rank = r;
      best_id = id;
    }
  }
  let flags = largest_over_lanes(lane, strange);
  let largest = largest_over_lanes(lane, best_rank);
  lane_words[lane] = select(VOCABULARY, best_id, best_rank == largest);
  workgroupBarrier();
  if (lane == 0) {
    var id = VOCABULARY;
    for (var i = 0u; i < LANES; i++) {
      id = min(id, lane_words[i]);
    }
    results[sample] = i32(id);
    if (FLAGS) {
      results[SAMPLES + sample] = i32(flags);
    }
  }
}
`,
  "heads": `\
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
`,
  "linear-block": `\
// Many rows: ROW_GROUPS x ROWS rows and COLUMNS columns of four outputs a workgroup, which loads STEPS vectors of
// inputs and their weights into workgroup memory and uses each of them for all its rows or columns. A thread has ROWS
// rows of one column.
//
// ROWS, ROW_GROUPS, COLUMNS and STEPS, a divisor of SEGMENT, are constants that come before this text. Blocks "for
// each" are unrolled: sums stay in registers.

const TILE_ROWS = ROWS * ROW_GROUPS;
const THREADS = COLUMNS * ROW_GROUPS;

// [row, step] and [step, input of four, column]
var<workgroup> tile_inputs: array<vec4f, TILE_ROWS * STEPS>;
var<workgroup> tile_weights: array<vec4f, 4 * STEPS * COLUMNS>;

@compute @workgroup_size(COLUMNS, ROW_GROUPS)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = group.y * TILE_ROWS + local.y * ROWS;
  let rows = row_count();
  let column = group.x * COLUMNS + local.x;
  // for each ROW
  var total_ROW = vec4f(0);
  var sum_ROW = vec4f(0);
  // end ROW
  for (var start = 0u; start < INPUTS; start += STEPS) {
    load_inputs(group.y * TILE_ROWS, rows - 1, start, thread);
    load_weights(group.x * COLUMNS, start, thread);
    workgroupBarrier();
    for (var step = 0u; step < min(STEPS, INPUTS - start); step++) {
      let at = 4 * step * COLUMNS + local.x;
      let weights = FourInputs(
        tile_weights[at],
        tile_weights[at + COLUMNS],
        tile_weights[at + 2 * COLUMNS],
        tile_weights[at + 3 * COLUMNS],
      );
      // for each ROW
      sum_ROW = add_four(sum_ROW, tile_inputs[(local.y * ROWS + ROW) * STEPS + step], weights);
      // end ROW
    }
    if ((start + STEPS) % SEGMENT == 0 || start + STEPS >= INPUTS) {
      // for each ROW
      total_ROW += sum_ROW;
      sum_ROW = vec4f(0);
      // end ROW
    }
    workgroupBarrier();
  }
  if (column >= part.column_count) {
    return;
  }
  var totals: array<vec4f, ROWS>;
  // for each ROW
  totals[ROW] = total_ROW;
  // end ROW
  for (var i = 0u; i < ROWS && row + i < rows; i++) {
    store(row + i, part.first_column + column, totals[i]);
  }
}

// Rows behind the last one repeat it; vectors behind the last one are not used.
fn load_inputs(first_row: u32, last_row: u32, start: u32, thread: u32) {
  for (var i = thread; i < TILE_ROWS * STEPS; i += THREADS) {
    let k = start + i % STEPS;
    if (k < INPUTS) {
      tile_inputs[i] = inputs[min(first_row + i / STEPS, last_row) * INPUTS + k];
    }
  }
}

fn load_weights(first_column: u32, start: u32, thread: u32) {
  for (var i = thread; i < STEPS * COLUMNS; i += THREADS) {
    let k = start + i / COLUMNS;
    let column = first_column + i % COLUMNS;
    if (k < INPUTS && column < part.column_count) {
      let weights = weights_at(0, k, column);
      let at = 4 * (i / COLUMNS) * COLUMNS + i % COLUMNS;
      tile_weights[at] = weights.w0;
      tile_weights[at + COLUMNS] = weights.w1;
      tile_weights[at + 2 * COLUMNS] = weights.w2;
      tile_weights[at + 3 * COLUMNS] = weights.w3;
    }
  }
}
`,
  "linear-expert": `\
// One row of one expert, four outputs a thread; no workgroup memory, no barrier. Rows are [token, PER_TOKEN]: each has
// the matrix of the expert that it names. Rows of experts of other parts are left to those.

override WORKGROUP: u32;
override PER_TOKEN: u32;
// The experts of a token have its input row in common; else each has its own.
override COMMON_INPUT: bool;

@group(0) @binding(CHOICES) var<storage, read> choices: array<vec2u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= part.column_count || row >= row_count() * PER_TOKEN) {
    return;
  }
  let expert = choices[row].x - part.first_expert;
  if (expert >= part.expert_count) {
    return; // another part's: the difference has wrapped or is too large
  }
  let input = select(row, row / PER_TOKEN, COMMON_INPUT) * INPUTS;
  var total = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var sum = vec4f(0);
    for (var k = start; k < end; k++) {
      sum = add_four(sum, inputs[input + k], weights_at(expert, k, column));
    }
    total += sum;
  }
  store(row, column, total);
}
`,
  "linear-row": `\
// One row, four outputs a thread; no workgroup memory, no barrier.

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (column >= part.column_count || row >= row_count()) {
    return;
  }
  var total = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var sum = vec4f(0);
    for (var k = start; k < end; k++) {
      let w = weights_at(0, k, column);
      sum = add_four(sum, inputs[row * INPUTS + k], w);
    }
    total += sum;
  }
  store(row, part.first_column + column, total);
}
`,
  "linear-split": `\
// A few rows, with the inputs split over the lanes of a workgroup: lane l of COLUMNS threads sums segments l, l +
// LANES, ... so that a product with one row still has a thread for each column and segment. Then the segments' sums are
// added from left to right, ROWS_AT_A_TIME rows in parallel, because workgroup memory holds no more.
//
// ROWS of a thread, ROW_GROUPS, COLUMNS, LANES, ROWS_AT_A_TIME and STEPS, the vectors of inputs whose weights are
// loaded before they are used, are constants that come before this text. Blocks "for each" are unrolled: sums stay in
// registers.

const THREADS = COLUMNS * LANES * ROW_GROUPS;

// [row at a time, lane, row group, column]
var<workgroup> sums: array<vec4f, ROWS_AT_A_TIME * THREADS>;

@compute @workgroup_size(COLUMNS, ROW_GROUPS, LANES)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let column = group.x * COLUMNS + local.x;
  let lane = local.z;
  let place = local.y * COLUMNS + local.x;
  let row = (group.y * ROW_GROUPS + local.y) * ROWS;
  let rows = row_count();
  let is_column = column < part.column_count;
  var totals: array<vec4f, ROWS / ROWS_AT_A_TIME>;
  // Rows behind the last one repeat it; they are not stored.
  // for each ROW
  let input_ROW = min(row + ROW, rows - 1) * INPUTS;
  // end ROW
  for (var start = 0u; start < INPUTS; start += LANES * SEGMENT) {
    // for each ROW
    var sum_ROW = vec4f(0);
    // end ROW
    if (is_column) {
      var k = start + lane * SEGMENT;
      let end = min(k + SEGMENT, INPUTS);
      for (; k + STEPS <= end; k += STEPS) {
        let scale = scale_at(0, k, column);
        // for each STEP
        let weights_STEP = weights_by(scale, 0, k + STEP, column);
        // end STEP
        // for each STEP
        // for each ROW
        sum_ROW = add_four(sum_ROW, inputs[input_ROW + k + STEP], weights_STEP);
        // end ROW
        // end STEP
      }
      for (; k < end; k++) {
        let weights = weights_at(0, k, column);
        // for each ROW
        sum_ROW = add_four(sum_ROW, inputs[input_ROW + k], weights);
        // end ROW
      }
    }
    let lanes = min(LANES, (INPUTS - start + SEGMENT - 1) / SEGMENT);
    // for each ROW
    sums[(ROW % ROWS_AT_A_TIME * LANES + lane) * ROW_GROUPS * COLUMNS + place] = sum_ROW;
    if (ROW % ROWS_AT_A_TIME == ROWS_AT_A_TIME - 1) {
      workgroupBarrier();
      if (lane < ROWS_AT_A_TIME) {
        totals[ROW / ROWS_AT_A_TIME] = add_lanes(totals[ROW / ROWS_AT_A_TIME], lane * THREADS + place, lanes);
      }
      workgroupBarrier();
    }
    // end ROW
  }
  if (!is_column || lane >= ROWS_AT_A_TIME) {
    return;
  }
  for (var i = 0u; i < ROWS / ROWS_AT_A_TIME; i++) {
    let to = row + i * ROWS_AT_A_TIME + lane;
    if (to < rows) {
      store(to, part.first_column + column, totals[i]);
    }
  }
}

// Adds the sums of lanes lanes from left to right; those of the first lie at first.
fn add_lanes(total: vec4f, first: u32, lanes: u32) -> vec4f {
  var sum = total;
  for (var i = 0u; i < lanes; i++) {
    sum += sums[first + i * ROW_GROUPS * COLUMNS];
  }
  return sum;
}
`,
  "linear-tile": `\
// Eight rows, four outputs a thread, so that a weight is loaded once for eight rows; no workgroup memory, no barrier.
// Sums are named one by one: an array that is indexed by a loop lives in memory, not in registers.

const ROWS = 8u;

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y * ROWS;
  let rows = row_count();
  if (column >= part.column_count || row >= rows) {
    return;
  }
  // Rows behind the last one repeat it; they are not stored.
  let last = rows - 1;
  let i0 = row * INPUTS;
  let i1 = min(row + 1, last) * INPUTS;
  let i2 = min(row + 2, last) * INPUTS;
  let i3 = min(row + 3, last) * INPUTS;
  let i4 = min(row + 4, last) * INPUTS;
  let i5 = min(row + 5, last) * INPUTS;
  let i6 = min(row + 6, last) * INPUTS;
  let i7 = min(row + 7, last) * INPUTS;
  var t0 = vec4f(0);
  var t1 = vec4f(0);
  var t2 = vec4f(0);
  var t3 = vec4f(0);
  var t4 = vec4f(0);
  var t5 = vec4f(0);
  var t6 = vec4f(0);
  var t7 = vec4f(0);
  for (var start = 0u; start < INPUTS; start += SEGMENT) {
    let end = min(start + SEGMENT, INPUTS);
    var s0 = vec4f(0);
    var s1 = vec4f(0);
    var s2 = vec4f(0);
    var s3 = vec4f(0);
    var s4 = vec4f(0);
    var s5 = vec4f(0);
    var s6 = vec4f(0);
    var s7 = vec4f(0);
    for (var k = start; k < end; k++) {
      let w = weights_at(0, k, column);
      s0 = add_four(s0, inputs[i0 + k], w);
      s1 = add_four(s1, inputs[i1 + k], w);
      s2 = add_four(s2, inputs[i2 + k], w);
      s3 = add_four(s3, inputs[i3 + k], w);
      s4 = add_four(s4, inputs[i4 + k], w);
      s5 = add_four(s5, inputs[i5 + k], w);
      s6 = add_four(s6, inputs[i6 + k], w);
      s7 = add_four(s7, inputs[i7 + k], w);
    }
    t0 += s0;
    t1 += s1;
    t2 += s2;
    t3 += s3;
    t4 += s4;
    t5 += s5;
    t6 += s6;
    t7 += s7;
  }
  let totals = array<vec4f, ROWS>(t0, t1, t2, t3, t4, t5, t6, t7);
  for (var i = 0u; i < min(ROWS, rows - row); i++) {
    store(row + i, part.first_column + column, totals[i]);
  }
}
`,
  "linear": `\
// out = input · weights, the part that every variant shares. Weights are [input, column] with four neighbouring output
// columns in a vector, inputs [row, input] with four neighbouring inputs in a vector.
//
// The one order of summation: a dot product is cut into segments of SEGMENT vectors (4 · 32 = 128 inputs). In a segment
// one accumulator takes the inputs in ascending order by fma; the segments' sums are added from left to right. No
// variant may do otherwise: that is what makes a row's bits the same whatever shares its step.

const SEGMENT = 32u;

@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;

// Adds four inputs, in order.
fn add_four(sum: vec4f, four: vec4f, w: FourInputs) -> vec4f {
  return fma(vec4f(four.w), w.w3, fma(vec4f(four.z), w.w2, fma(vec4f(four.y), w.w1, fma(vec4f(four.x), w.w0, sum))));
}
`,
  "logprobs": `\
// Log probabilities of the chosen and of the likeliest ids under the unmodified distribution, one workgroup a sample.
// Results are ids [SAMPLES], flags [SAMPLES], then log probabilities [SAMPLES], top ids and their log probabilities
// [SAMPLES, TOP].

override SAMPLES: u32;
override TOP: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sample = part.first_row + group.x;
  let row = group.x * ROW_STRIDE;
  let wanted = i32(broadcast(lane, u32(column_at(LOGPROBS, sample))));
  if (wanted < 0) {
    return;
  }
  var best = 0u;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    best = max(best, rank(logits[row + id]));
  }
  let normalizer = log_sum_exp(lane, row, largest_over_lanes(lane, best));
  if (lane == 0) {
    results[2 * SAMPLES + sample] = bitcast<i32>(logits[row + u32(results[sample])] - normalizer);
  }
  var rank_before = 0xffffffffu;
  var id_before = 0u;
  for (var i = 0; i < wanted; i++) {
    let next = next_likeliest(lane, row, rank_before, id_before);
    rank_before = next.x;
    id_before = next.y;
    if (lane == 0) {
      let entry = 3 * SAMPLES + sample * TOP + u32(i);
      results[entry] = select(i32(next.y), -1, next.x == 0);
      let logprob = bitcast<i32>(logit_of(next.x) - normalizer);
      results[entry + SAMPLES * TOP] = select(logprob, i32(0xff800000u), next.x == 0);
    }
  }
}

fn log_sum_exp(lane: u32, row: u32, largest: u32) -> f32 {
  let shift = logit_of(largest);
  var sum = 0.0;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    let logit = logits[row + id];
    sum += select(0.0, exp(logit - shift), rank(logit) > 0);
  }
  let total = sum_over_lanes(lane, sum);
  return select(shift, shift + log(total), is_finite(largest));
}

// Rank and id of what comes after (rank_before, id_before) in descending rank, then ascending id; rank 0 for none.
fn next_likeliest(lane: u32, row: u32, rank_before: u32, id_before: u32) -> vec2u {
  var best = vec2u(0, VOCABULARY);
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    let r = rank(logits[row + id]);
    if (r > best.x && (r < rank_before || (r == rank_before && id > id_before))) {
      best = vec2u(r, id);
    }
  }
  let largest = largest_over_lanes(lane, best.x);
  lane_words[lane] = select(VOCABULARY, best.y, best.x == largest && largest > 0);
  workgroupBarrier();
  var id = VOCABULARY;
  for (var i = 0u; i < LANES; i++) {
    id = min(id, lane_words[i]);
  }
  workgroupBarrier();
  return vec2u(largest, id);
}
`,
  "no-bias": `\
// Outputs of a matrix without a bias.

fn biased(column: u32, value: vec4f) -> vec4f {
  return value;
}
`,
  "part": `\
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
`,
  "place-floats": `\
// Keys and values of a head that are stored as floats.

fn store_cached(row: u32, to: u32, head: Head) {
  for (var i = 0u; i < HEAD; i++) {
    cache[to + i] = to_cache(vector_of(row, head, i));
  }
}
`,
  "place-heads": `\
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
`,
  "place-int8": `\
// Keys and values of a head that are stored as whole numbers: the rule of quantization/kv.ts. Comparisons are of bits,
// because a compiler may assume that there is no NaN.

fn store_cached(row: u32, to: u32, head: Head) {
  var largest = 0u;
  for (var i = 0u; i < HEAD; i++) {
    let magnitudes = bitcast<vec4u>(vector_of(row, head, i)) & vec4u(0x7fffffff);
    largest = max(max(largest, max(magnitudes.x, magnitudes.y)), max(magnitudes.z, magnitudes.w));
  }
  let is_finite = largest < 0x7f800000u;
  let scale = bitcast<f32>(select(0u, largest, is_finite)) / 127;
  for (var i = 0u; i < HEAD; i++) {
    var whole = vec4f(0);
    if (scale > 0) {
      whole = clamp(round(vector_of(row, head, i) / scale), vec4f(-127), vec4f(127));
    }
    cache[to + i] = to_cache(whole);
  }
  cache[to + HEAD] = select(0x7fc00000u, bitcast<u32>(scale), is_finite);
}
`,
  "ranking": `\
// Comparing logits as integers, over the threads of one workgroup that share a row. A compiler may assume that there
// is no NaN, so NaN is told by its bits.

const LANES = 64u;

// Logits of a row, and numbers from one row to the next.
override VOCABULARY: u32;
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> results: array<i32>;

var<workgroup> lane_words: array<u32, LANES>;
var<workgroup> lane_reals: array<f32, LANES>;
var<workgroup> shared_word: u32;

// Orders as the logits do, 0 for NaN alone; both zeros are one number.
fn rank(logit: f32) -> u32 {
  let bits = bitcast<u32>(logit);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0u;
  }
  if (bits == 0x80000000u) {
    return bits;
  }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

fn is_finite(rank: u32) -> bool {
  return rank > 0x007fffffu && rank < 0xff800000u;
}

// The inverse of rank, for numbers.
fn logit_of(rank: u32) -> f32 {
  return bitcast<f32>(select(~rank, rank & 0x7fffffffu, rank >= 0x80000000u));
}

// First of the ids that lane goes through; the next lane's first is their end.
fn lane_start(lane: u32) -> u32 {
  return min(lane * ((VOCABULARY + LANES - 1) / LANES), VOCABULARY);
}

fn largest_over_lanes(lane: u32, value: u32) -> u32 {
  lane_words[lane] = value;
  workgroupBarrier();
  var largest = 0u;
  for (var i = 0u; i < LANES; i++) {
    largest = max(largest, lane_words[i]);
  }
  workgroupBarrier();
  return largest;
}

// Lanes are added in order, so that the sum is one number however the workgroup runs.
fn sum_over_lanes(lane: u32, value: f32) -> f32 {
  lane_reals[lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) {
    sum += lane_reals[i];
  }
  workgroupBarrier();
  return sum;
}

fn count_over_lanes(lane: u32, value: u32) -> u32 {
  lane_words[lane] = value;
  workgroupBarrier();
  var count = 0u;
  for (var i = 0u; i < LANES; i++) {
    count += lane_words[i];
  }
  workgroupBarrier();
  return count;
}

// Lane 0's word for everybody, so that all threads are seen to take the same branch.
fn broadcast(lane: u32, word: u32) -> u32 {
  if (lane == 0) {
    shared_word = word;
  }
  return workgroupUniformLoad(&shared_word);
}
`,
  "rms-norm-group": `\
// A row by a workgroup whose lanes take segments in parallel.

const LANES = 64u;

var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = input_row(group.x);
  var squares = 0.0;
  for (var first = 0u; first < INPUTS; first += LANES * SEGMENT) {
    sums[lane] = segment_squares(start, first + lane * SEGMENT);
    workgroupBarrier();
    for (var i = 0u; i < min(LANES, (INPUTS - first + SEGMENT - 1) / SEGMENT); i++) {
      squares += sums[i];
    }
    workgroupBarrier();
  }
  let scale = scale_of(squares);
  for (var i = lane; i < INPUTS; i += LANES) {
    store_normed(group.x * INPUTS + i, inputs[start + i] * scale * gains[i]);
  }
}
`,
  "rms-norm-thread": `\
// A row by LANES threads: each sums the whole row's squares and writes its own share, which needs no barrier.

const LANES = 4u;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let start = input_row(group.x);
  var squares = 0.0;
  for (var first = 0u; first < INPUTS; first += SEGMENT) {
    squares += segment_squares(start, first);
  }
  let scale = scale_of(squares);
  for (var i = lane; i < INPUTS; i += LANES) {
    store_normed(group.x * INPUTS + i, inputs[start + i] * scale * gains[i]);
  }
}
`,
  "rms-norm": `\
// x / sqrt(mean(x²) + EPSILON) · gain, the part that the variants share: the output, or what FACTOR times is added to
// it. The sum of squares is in the one order of linear.wgsl: segments of SEGMENT vectors, in each one accumulator over
// ascending inputs, added from left to right. Source: "Root Mean Square Layer Normalization", arXiv 1910.07467.

const SEGMENT = 32u;

// Vectors of a row, and numbers of a row that are not padding.
override INPUTS: u32;
override SIZE: f32;
override EPSILON: f32;
// Rows are samples, taken from their token's row, or tokens.
override SAMPLED: bool;
// Outputs are added to, FACTOR times, and not replaced.
override ADDED: bool;
override FACTOR: f32;

@group(0) @binding(2) var<storage, read> gains: array<vec4f>;
@group(0) @binding(3) var<storage, read> inputs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

// Where the inputs of this dispatch's row row start.
fn input_row(row: u32) -> u32 {
  if (SAMPLED) {
    return u32(column_at(SAMPLE_ROWS, part.first_row + row)) * INPUTS;
  }
  return row * INPUTS;
}

// Squares of the segment that starts at vector first, none from the end on.
fn segment_squares(start: u32, first: u32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < min(first + SEGMENT, INPUTS); i++) {
    let x = inputs[start + i];
    sum = fma(x.w, x.w, fma(x.z, x.z, fma(x.y, x.y, fma(x.x, x.x, sum))));
  }
  return sum;
}

fn scale_of(squares: f32) -> f32 {
  return inverseSqrt(squares / SIZE + EPSILON);
}

fn store_normed(i: u32, value: vec4f) {
  if (ADDED) {
    outputs[i] = outputs[i] + FACTOR * value;
  } else {
    outputs[i] = value;
  }
}
`,
  "rotate": `\
// Rotation of a vector's two pairs (RoFormer, arXiv 2104.09864); numbers of a head that are not rotated have angles of
// 0.

// [position, HEAD] cosine and sine of two pairs.
@group(0) @binding(4) var<storage, read> angles: array<vec4f>;

// Queries and keys of the layer are rotated.
override ROTATED: bool;

// Vector i of a head of the token in row row.
fn rotated(row: u32, i: u32, pairs: vec4f) -> vec4f {
  if (!ROTATED) {
    return pairs;
  }
  let angle = angles[u32(column_at(POSITIONS, row)) * HEAD + i];
  let low = pairs.xz;
  let high = pairs.yw;
  let cosine = angle.xz;
  let sine = angle.yw;
  let first = fma(low, cosine, -(high * sine));
  let second = fma(high, cosine, low * sine);
  return vec4f(first.x, second.x, first.y, second.y);
}
`,
  "route": `\
// The experts of each token: the PER_TOKEN largest router logits, of equal ones the lower numbers, in ascending order
// of their numbers, with their shares: softmax over all experts, or over the chosen ones where NORMALIZED. A token a
// thread. Source: arXiv 1701.06538; the rule of Qwen3-MoE (arXiv 2505.09388).

override WORKGROUP: u32;
override EXPERTS: u32;
override PER_TOKEN: u32;
override NORMALIZED: bool;
// Numbers from one row of logits to the next.
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
// [token, PER_TOKEN] expert, and the bits of its share
@group(0) @binding(3) var<storage, read_write> choices: array<vec2u>;

// An expert and its logit; a smaller one is less likely.
struct Expert {
  logit: f32,
  id: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = id.x;
  if (token >= token_count()) {
    return;
  }
  let row = token * ROW_STRIDE;
  let to = token * PER_TOKEN;
  if (holds_nan(row)) {
    for (var i = 0u; i < PER_TOKEN; i++) {
      choices[to + i] = vec2u(i, 0x7fc00000); // NaN goes on, as it does without experts
    }
    return;
  }
  let largest = next_expert(row, Expert(0, EXPERTS), true);
  var last = largest;
  for (var i = 1u; i < PER_TOKEN; i++) {
    last = next_expert(row, last, false);
  }
  var sum = 0.0;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    if (!NORMALIZED || is_chosen(row, expert, last)) {
      sum += exp(logits[row + expert] - largest.logit);
    }
  }
  var count = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    if (is_chosen(row, expert, last)) {
      choices[to + count] = vec2u(expert, bitcast<u32>(exp(logits[row + expert] - largest.logit) / sum));
      count++;
    }
  }
}

fn holds_nan(row: u32) -> bool {
  var largest = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    largest = max(largest, bitcast<u32>(logits[row + expert]) & 0x7fffffff);
  }
  return largest >= 0x7f800000;
}

// The likeliest expert of all, or the next one behind before.
fn next_expert(row: u32, before: Expert, is_first: bool) -> Expert {
  var best = Expert(0, EXPERTS);
  for (var expert = 0u; expert < EXPERTS; expert++) {
    let logit = logits[row + expert];
    let is_behind = is_first || logit < before.logit || (logit == before.logit && expert > before.id);
    if (is_behind && (best.id == EXPERTS || logit > best.logit)) {
      best = Expert(logit, expert);
    }
  }
  return best;
}

// At least as likely as last.
fn is_chosen(row: u32, expert: u32, last: Expert) -> bool {
  let logit = logits[row + expert];
  return logit > last.logit || (logit == last.logit && expert <= last.id);
}
`,
  "sample": `\
// Seeded sampling, one workgroup a sample, over what greedy left; rows of temperature 0, rows without a finite
// largest logit and rows of a temperature too small for float32 keep that. The rule is that of sampling/sample.ts; sums
// are float32.

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sample = part.first_row + group.x;
  let row = group.x * ROW_STRIDE;
  let temperature = bitcast<f32>(column_at(TEMPERATURE, sample));
  let largest = rank(logits[row + u32(results[sample])]);
  if (broadcast(lane, select(1u, 0u, temperature == 0 || !is_finite(largest))) == 0) {
    return;
  }
  let scale = Scale(row, logit_of(largest), temperature);
  let top_k = broadcast(lane, u32(column_at(TOP_K, sample)));
  var threshold = 1u;
  if (top_k > 0 && top_k < VOCABULARY) {
    threshold = kth_largest(lane, row, top_k);
  }
  let top_p = bitcast<f32>(broadcast(lane, u32(column_at(TOP_P, sample))));
  if (top_p < 1) {
    let mass = max(top_p, LEAST_TOP_P) * weight_above(lane, scale, threshold - 1, threshold);
    threshold = max(threshold, nucleus(lane, scale, threshold, mass));
  }
  draw(lane, sample, scale, threshold);
}

// Devices take the smallest float32 numbers for 0, and above a mass of 0 lies no rank. The likeliest weighs 1, so that
// every top-p below one over the vocabulary keeps the same.
const LEAST_TOP_P = 0x1p-100;

// Logits below it are those that an edit or a mask bans.
const BANNED = -1e38;

struct Scale {
  row: u32,
  largest: f32,
  temperature: f32,
}

fn weight(scale: Scale, logit: f32) -> f32 {
  return select(exp((logit - scale.largest) / scale.temperature), 0.0, logit < BANNED);
}

// The k-th largest rank, bit by bit: the largest rank that at least k logits reach. At least 1, so that NaN is out.
fn kth_largest(lane: u32, row: u32, k: u32) -> u32 {
  var found = 0u;
  for (var bit = 0x80000000u; bit > 0; bit >>= 1) {
    var count = 0u;
    for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
      count += select(0u, 1u, rank(logits[row + id]) >= (found | bit));
    }
    if (count_over_lanes(lane, count) >= k) {
      found |= bit;
    }
  }
  return max(found, 1u);
}

// Weight of the logits whose rank is above above and at least threshold.
fn weight_above(lane: u32, scale: Scale, above: u32, threshold: u32) -> f32 {
  var sum = 0.0;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    let logit = logits[scale.row + id];
    let r = rank(logit);
    if (r > above && r >= threshold) {
      sum += weight(scale, logit);
    }
  }
  return sum_over_lanes(lane, sum);
}

// The smallest rank above which less than mass lies, bit by bit: one more than the largest rank above which it does
// not.
fn nucleus(lane: u32, scale: Scale, threshold: u32, mass: f32) -> u32 {
  if (broadcast(lane, select(0u, 1u, weight_above(lane, scale, 0u, threshold) >= mass)) == 0) {
    return threshold;
  }
  var found = 0u;
  for (var bit = 0x80000000u; bit > 0; bit >>= 1) {
    if (weight_above(lane, scale, found | bit, threshold) >= mass) {
      found |= bit;
    }
  }
  return found + 1;
}

// Weight of one id if it is kept, else -1: a kept one may weigh 0.
fn kept_weight(scale: Scale, id: u32, threshold: u32, min_p: f32) -> f32 {
  let logit = logits[scale.row + id];
  let w = weight(scale, logit);
  return select(-1.0, w, rank(logit) >= threshold && w >= min_p && logit >= BANNED);
}

// The first kept id whose running weight exceeds the draw's share of all, else the last kept id.
fn draw(lane: u32, sample: u32, scale: Scale, threshold: u32) {
  let min_p = bitcast<f32>(column_at(MIN_P, sample));
  var sum = 0.0;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    sum += max(0.0, kept_weight(scale, id, threshold, min_p));
  }
  let share = uniform_draw(sample) * sum_over_lanes(lane, sum);
  // lane_reals still holds the lanes' sums
  var before = 0.0;
  for (var i = 0u; i < lane; i++) {
    before += lane_reals[i];
  }
  var chosen = VOCABULARY;
  var last_kept = VOCABULARY;
  var running = 0.0;
  for (var id = lane_start(lane); id < lane_start(lane + 1); id++) {
    let w = kept_weight(scale, id, threshold, min_p);
    if (w >= 0) {
      last_kept = id;
      running += w;
      if (before + running > share) {
        chosen = id;
        break;
      }
    }
  }
  lane_words[lane] = chosen;
  workgroupBarrier();
  var first = VOCABULARY;
  for (var i = 0u; i < LANES; i++) {
    first = min(first, lane_words[i]);
  }
  workgroupBarrier();
  lane_words[lane] = select(last_kept + 1, 0u, last_kept == VOCABULARY);
  workgroupBarrier();
  if (lane == 0) {
    var last = 0u;
    for (var i = 0u; i < LANES; i++) {
      last = max(last, lane_words[i]);
    }
    if (last > 0) {
      results[sample] = i32(select(first, last - 1, first == VOCABULARY));
    }
  }
}

// The draw in [0, 1) for the token that is being chosen.
fn uniform_draw(sample: u32) -> f32 {
  let key = vec4u(
    u32(column_at(SEED_LOW, sample)),
    u32(column_at(SEED_HIGH, sample)),
    u32(column_at(CHOICE, sample)),
    0,
  );
  let position = u32(column_at(POSITIONS, u32(column_at(SAMPLE_ROWS, sample))) + 1);
  return f32(threefry(key, position) >> 8) * 0x1p-24;
}
`,
  "silu": `\
// x / (1 + exp(-x)). Source: arXiv 1702.03118.

fn activation(x: vec2f) -> vec2f {
  return x / (1 + exp(-x));
}
`,
  "soft-cap": `\
// cap * tanh(x / cap), x itself where cap is 0; NaN stays NaN. Source: Gemma 2, arXiv 2408.00118, section 2. A
// device's tanh may overflow for large numbers; beyond 10 it is 1 in float32.

fn soft_cap(x: vec4f, cap: f32) -> vec4f {
  if (cap == 0) {
    return x;
  }
  let is_nan = (bitcast<vec4u>(x) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
  return select(cap * tanh(clamp(x / cap, vec4f(-10), vec4f(10))), x, is_nan);
}
`,
  "store-gated": `\
// activation(gate) * up. Columns alternate: gate 0, up 0, gate 1, up 1. Source: "GLU Variants", arXiv 2002.05202.

// Pairs of a row of the output.
override OUTPUTS: u32;

@group(0) @binding(4) var<storage, read_write> gated: array<vec2f>;

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  let pair = biased(column, value);
  gated[row * OUTPUTS + column] = activation(pair.xz) * pair.yw;
}
`,
  "store-logits": `\
// Logits of the samples of one tile.

// Vectors of a row of logits.
override OUTPUTS: u32;
// Most rows of a tile.
override TILE: u32;
override FACTOR: f32;
// 0 for none.
override SOFT_CAP: f32;

@group(0) @binding(4) var<storage, read_write> logits: array<vec4f>;

fn row_count() -> u32 {
  return min(sample_count() - part.first_row, TILE);
}

fn store(row: u32, column: u32, value: vec4f) {
  logits[row * OUTPUTS + column] = soft_cap(biased(column, value) * FACTOR, SOFT_CAP);
}
`,
  "store-plain": `\
// Outputs as they are.

// Vectors of a row of the output.
override OUTPUTS: u32;

@group(0) @binding(4) var<storage, read_write> outputs: array<vec4f>;

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  outputs[row * OUTPUTS + column] = biased(column, value);
}
`,
  "store-qkv": `\
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
`,
  "store-residual": `\
// The residual connection: FACTOR times the outputs is added to the hidden state.

// Vectors of a row of the hidden state.
override OUTPUTS: u32;
override FACTOR: f32;

@group(0) @binding(4) var<storage, read_write> hidden: array<vec4f>;

fn row_count() -> u32 {
  return token_count();
}

fn store(row: u32, column: u32, value: vec4f) {
  let i = row * OUTPUTS + column;
  hidden[i] = hidden[i] + FACTOR * biased(column, value);
}
`,
  "threefry": `\
// Threefry-4x32-20. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11 (Random123).

const ROTATE_1 = array<u32, 8>(10, 11, 13, 23, 6, 17, 25, 18);
const ROTATE_3 = array<u32, 8>(26, 21, 27, 5, 20, 11, 10, 20);

fn rotate_left(word: u32, bits: u32) -> u32 {
  return (word << bits) | (word >> (32 - bits));
}

// First word of the block whose counter is [counter, 0, 0, 0].
fn threefry(key: vec4u, counter: u32) -> u32 {
  var schedule = array<u32, 5>(key.x, key.y, key.z, key.w, 0x1bd11bdau ^ key.x ^ key.y ^ key.z ^ key.w);
  var rotate_1 = ROTATE_1;
  var rotate_3 = ROTATE_3;
  var x = vec4u(counter, 0, 0, 0) + key;
  for (var round = 0u; round < 20; round++) {
    x.x += x.y;
    x.z += x.w;
    let mixed = rotate_left(x.y, rotate_1[round % 8]) ^ x.x;
    x.y = rotate_left(x.w, rotate_3[round % 8]) ^ x.z;
    x.w = mixed;
    if (round % 4 == 3) {
      let turn = round / 4 + 1;
      x += vec4u(schedule[turn % 5], schedule[(turn + 1) % 5], schedule[(turn + 2) % 5], schedule[(turn + 3) % 5]);
      x.w += turn;
    }
  }
  return x.x;
}
`,
  "weights-bf16": `\
// Weights as bfloat16, four in two words: the high half of a float32 each.

@group(0) @binding(2) var<storage, read> weights: array<vec2u>;

fn widen(stored: vec2u) -> vec4f {
  let words = vec4u(stored.x << 16u, stored.x & 0xffff0000u, stored.y << 16u, stored.y & 0xffff0000u);
  return bitcast<vec4f>(words);
}

// Weights of vector k of the inputs for the four outputs of this part's column column, in matrix matrix of this
// part.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let at = (matrix * INPUTS + k) * 4 * stride + column;
  return FourInputs(
    widen(weights[at]),
    widen(weights[at + stride]),
    widen(weights[at + 2 * stride]),
    widen(weights[at + 3 * stride]),
  );
}

// These formats have no scales.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  return vec4f(1);
}

fn weights_by(scale: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_at(matrix, k, column);
}
`,
  "weights-f16": `\
// Weights as binary16, four in two words. Every one of them is a float32 exactly, so widening changes no bit.

@group(0) @binding(2) var<storage, read> weights: array<vec2u>;

fn widen(stored: vec2u) -> vec4f {
  return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y));
}

// Weights of vector k of the inputs for the four outputs of this part's column column, in matrix matrix of this
// part.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let at = (matrix * INPUTS + k) * 4 * stride + column;
  return FourInputs(
    widen(weights[at]),
    widen(weights[at + stride]),
    widen(weights[at + 2 * stride]),
    widen(weights[at + 3 * stride]),
  );
}

// These formats have no scales.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  return vec4f(1);
}

fn weights_by(scale: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_at(matrix, k, column);
}
`,
  "weights-f32": `\
// Weights as float32.

@group(0) @binding(2) var<storage, read> weights: array<vec4f>;

fn widen(stored: vec4f) -> vec4f {
  return stored;
}

// Weights of vector k of the inputs for the four outputs of this part's column column, in matrix matrix of this
// part.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let at = (matrix * INPUTS + k) * 4 * stride + column;
  return FourInputs(
    widen(weights[at]),
    widen(weights[at + stride]),
    widen(weights[at + 2 * stride]),
    widen(weights[at + 3 * stride]),
  );
}

// These formats have no scales.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  return vec4f(1);
}

fn weights_by(scale: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_at(matrix, k, column);
}
`,
  "weights-q4_0": `\
// Weights in blocks of 32 inputs with a binary16 scale: d * (q - 8). For a block and a column of four outputs: two
// words with the four scales, then a word for each two inputs, with a byte for each output: the first input in its low
// bits. The product is exact, so it is the float32 of the oracle.

@group(0) @binding(2) var<storage, read> weights: array<u32>;

const BLOCK_WORDS = 18u;

fn four_bits(word: u32, shift: u32) -> vec4f {
  return vec4f((vec4u(word) >> (vec4u(0, 8, 16, 24) + shift)) & vec4u(15)) - 8;
}

// As in weights-f32.wgsl.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_by(scale_at(matrix, k, column), matrix, k, column);
}

fn block_at(matrix: u32, k: u32, column: u32) -> u32 {
  return (matrix * INPUTS + k) / 8 * BLOCK_WORDS * part.column_count + column;
}

// The scales of the block of vector k.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  let block = block_at(matrix, k, column);
  return vec4f(unpack2x16float(weights[block]), unpack2x16float(weights[block + part.column_count]));
}

// As weights_at, with the block's scales.
fn weights_by(d: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let block = block_at(matrix, k, column);
  let at = block + (2 + k % 8 * 2) * stride;
  let first = weights[at];
  let second = weights[at + stride];
  return FourInputs(
    d * four_bits(first, 0), d * four_bits(first, 4),
    d * four_bits(second, 0), d * four_bits(second, 4),
  );
}
`,
  "weights-q8_0": `\
// Weights in blocks of 32 inputs with a binary16 scale: d * q. For a block and a column of four outputs: two words with
// the four scales, then a word for each input with four signed bytes. The product is exact, so it is the float32 of the
// oracle.

@group(0) @binding(2) var<storage, read> weights: array<u32>;

const BLOCK_WORDS = 34u;

fn signed_bytes(word: u32) -> vec4f {
  return vec4f((vec4i(bitcast<i32>(word)) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

// As in weights-f32.wgsl.
fn weights_at(matrix: u32, k: u32, column: u32) -> FourInputs {
  return weights_by(scale_at(matrix, k, column), matrix, k, column);
}

fn block_at(matrix: u32, k: u32, column: u32) -> u32 {
  return (matrix * INPUTS + k) / 8 * BLOCK_WORDS * part.column_count + column;
}

// The scales of the block of vector k.
fn scale_at(matrix: u32, k: u32, column: u32) -> vec4f {
  let block = block_at(matrix, k, column);
  return vec4f(unpack2x16float(weights[block]), unpack2x16float(weights[block + part.column_count]));
}

// As weights_at, with the block's scales.
fn weights_by(d: vec4f, matrix: u32, k: u32, column: u32) -> FourInputs {
  let stride = part.column_count;
  let block = block_at(matrix, k, column);
  let at = block + (2 + k % 8 * 4) * stride;
  return FourInputs(
    d * signed_bytes(weights[at]),
    d * signed_bytes(weights[at + stride]),
    d * signed_bytes(weights[at + 2 * stride]),
    d * signed_bytes(weights[at + 3 * stride]),
  );
}
`,
  "weights": `\
// What the formats of weights share. A matrix is [input, column] with four neighbouring output columns side by side; a
// part may hold several matrices, one behind the other. Each format's file says how four inputs of a column are read.

// Vectors of an input row.
override INPUTS: u32;

// Weights of four neighbouring inputs, each for the four outputs of a column.
struct FourInputs {
  w0: vec4f,
  w1: vec4f,
  w2: vec4f,
  w3: vec4f,
}
`,
} as const;
