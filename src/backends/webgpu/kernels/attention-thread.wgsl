// One head of one token a thread; no workgroup memory, no barrier.

override WORKGROUP: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= part.head_count * SHARING || id.y >= token_count()) {
    return;
  }
  let task = task_of(id.y, id.x);
  let to_values = value_distance();
  var query: array<vec4f, HEAD>;
  var total_output: array<vec4f, HEAD>;
  for (var i = 0u; i < HEAD; i++) {
    query[i] = queries[task.query + i];
  }
  var total_largest = LOWEST;
  var total_sum = 0.0;
  for (var start = task.first / SEGMENT * SEGMENT; start <= task.last; start += SEGMENT) {
    var output = array<vec4f, HEAD>();
    var largest = LOWEST;
    var sum = 0.0;
    let end = min(start + SEGMENT, task.last + 1);
    for (var position = max(start, task.first / 4 * 4); position < end; position += 4) {
      let keys = keys_at(task, position);
      let visible = visible_at(task, position);
      var scores = vec4f(0);
      for (var i = 0u; i < HEAD; i++) {
        let q = query[i];
        scores = vec4f(
          add_product(scores.x, q, cached(cache[keys.x + i])),
          add_product(scores.y, q, cached(cache[keys.y + i])),
          add_product(scores.z, q, cached(cache[keys.z + i])),
          add_product(scores.w, q, cached(cache[keys.w + i])),
        );
      }
      scores = select(vec4f(LOWEST), scores_of(scores, keys), visible);
      let raised = max(largest, largest_of(scores));
      let decay = exp(largest - raised);
      let weights = select(vec4f(0), exp(scores - raised), visible);
      largest = raised;
      sum = add_weights(sum, decay, weights);
      let values = keys + to_values;
      let w = value_weights(weights, values, visible);
      for (var i = 0u; i < HEAD; i++) {
        output[i] = add_values(output[i], decay, w, values, i, visible);
      }
    }
    let raised = max(total_largest, largest);
    let keep = exp(total_largest - raised);
    let take = exp(largest - raised);
    total_largest = raised;
    total_sum = fma(total_sum, keep, sum * take);
    for (var i = 0u; i < HEAD; i++) {
      total_output[i] = fma(total_output[i], vec4f(keep), output[i] * take);
    }
  }
  for (var i = 0u; i < HEAD; i++) {
    attended[task.query + i] = total_output[i] / total_sum;
  }
}
