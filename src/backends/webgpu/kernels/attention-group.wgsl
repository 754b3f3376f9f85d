// One head of one token a workgroup. Each lane scores four positions of a segment; then, for its own vector of the
// output, each adds all values from left to right. The running maximum before each four is found by looking at those
// before it: maxima are exact, so the numbers are those of the thread variant.

const LANES = SEGMENT / 4;

var<workgroup> query: array<vec4f, HEAD>;
var<workgroup> lane_largest: array<f32, LANES>;
var<workgroup> lane_decays: array<f32, LANES>;
var<workgroup> lane_weights: array<vec4f, LANES>;
var<workgroup> lane_keys: array<vec4u, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let task = task_of(group.y, group.x);
  if (lane < HEAD) {
    query[lane] = queries[task.query + lane];
  }
  workgroupBarrier();
  var total_output = vec4f(0);
  var total_largest = LOWEST;
  var total_sum = 0.0;
  for (var start = task.first / SEGMENT * SEGMENT; start <= task.last; start += SEGMENT) {
    score(task, start + 4 * lane, lane);
    var output = vec4f(0);
    var sum = 0.0;
    let first_lane = (max(start, task.first) - start) / 4;
    let end_lane = min(LANES, (task.last - start) / 4 + 1);
    for (var i = first_lane; i < end_lane; i++) {
      sum = add_weights(sum, lane_decays[i], lane_weights[i]);
      if (lane < HEAD) {
        let values = lane_keys[i] + value_distance();
        let visible = visible_at(task, start + 4 * i);
        let w = value_weights(lane_weights[i], values, visible);
        output = add_values(output, lane_decays[i], w, values, lane, visible);
      }
    }
    let largest = largest_before(LANES);
    let raised = max(total_largest, largest);
    let keep = exp(total_largest - raised);
    let take = exp(largest - raised);
    total_largest = raised;
    total_sum = fma(total_sum, keep, sum * take);
    total_output = fma(total_output, vec4f(keep), output * take);
    workgroupBarrier();
  }
  if (lane < HEAD) {
    attended[task.query + lane] = total_output / total_sum;
  }
}

// Fills this lane's keys, weights and decay for the four positions from `position`.
fn score(task: Task, position: u32, lane: u32) {
  let visible = visible_at(task, position);
  var scores = vec4f(0);
  if (any(visible)) {
    let keys = keys_at(task, position);
    for (var i = 0u; i < HEAD; i++) {
      let q = query[i];
      scores = vec4f(
        add_product(scores.x, q, cached(cache[keys.x + i])),
        add_product(scores.y, q, cached(cache[keys.y + i])),
        add_product(scores.z, q, cached(cache[keys.z + i])),
        add_product(scores.w, q, cached(cache[keys.w + i])),
      );
    }
    scores = scores_of(scores, keys);
    lane_keys[lane] = keys;
  }
  scores = select(vec4f(LOWEST), scores, visible);
  lane_largest[lane] = largest_of(scores);
  workgroupBarrier();
  let before = largest_before(lane);
  let raised = max(before, lane_largest[lane]);
  lane_decays[lane] = exp(before - raised);
  lane_weights[lane] = select(vec4f(0), exp(scores - raised), visible);
  workgroupBarrier();
}

// The largest score of the lanes before `lane`.
fn largest_before(lane: u32) -> f32 {
  var largest = LOWEST;
  for (var i = 0u; i < lane; i++) {
    largest = max(largest, lane_largest[i]);
  }
  return largest;
}
