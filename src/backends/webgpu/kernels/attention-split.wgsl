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
