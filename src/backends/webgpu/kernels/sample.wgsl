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
