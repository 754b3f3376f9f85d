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
