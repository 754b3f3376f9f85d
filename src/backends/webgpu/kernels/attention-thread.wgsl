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
