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
