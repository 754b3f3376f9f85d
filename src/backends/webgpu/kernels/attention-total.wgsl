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
