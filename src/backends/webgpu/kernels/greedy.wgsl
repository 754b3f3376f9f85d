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
