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
