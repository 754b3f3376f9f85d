// Comparing logits as integers, over the threads of one workgroup that share a row. A compiler may assume that there
// is no NaN, so NaN is told by its bits.

const LANES = 64u;

// Logits of a row, and numbers from one row to the next.
override VOCABULARY: u32;
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> results: array<i32>;

var<workgroup> lane_words: array<u32, LANES>;
var<workgroup> lane_reals: array<f32, LANES>;
var<workgroup> shared_word: u32;

// Orders as the logits do, 0 for NaN alone; both zeros are one number.
fn rank(logit: f32) -> u32 {
  let bits = bitcast<u32>(logit);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0u;
  }
  if (bits == 0x80000000u) {
    return bits;
  }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

fn is_finite(rank: u32) -> bool {
  return rank > 0x007fffffu && rank < 0xff800000u;
}

// The inverse of rank, for numbers.
fn logit_of(rank: u32) -> f32 {
  return bitcast<f32>(select(~rank, rank & 0x7fffffffu, rank >= 0x80000000u));
}

// First of the ids that lane goes through; the next lane's first is their end.
fn lane_start(lane: u32) -> u32 {
  return min(lane * ((VOCABULARY + LANES - 1) / LANES), VOCABULARY);
}

fn largest_over_lanes(lane: u32, value: u32) -> u32 {
  lane_words[lane] = value;
  workgroupBarrier();
  var largest = 0u;
  for (var i = 0u; i < LANES; i++) {
    largest = max(largest, lane_words[i]);
  }
  workgroupBarrier();
  return largest;
}

// Lanes are added in order, so that the sum is one number however the workgroup runs.
fn sum_over_lanes(lane: u32, value: f32) -> f32 {
  lane_reals[lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) {
    sum += lane_reals[i];
  }
  workgroupBarrier();
  return sum;
}

fn count_over_lanes(lane: u32, value: u32) -> u32 {
  lane_words[lane] = value;
  workgroupBarrier();
  var count = 0u;
  for (var i = 0u; i < LANES; i++) {
    count += lane_words[i];
  }
  workgroupBarrier();
  return count;
}

// Lane 0's word for everybody, so that all threads are seen to take the same branch.
fn broadcast(lane: u32, word: u32) -> u32 {
  if (lane == 0) {
    shared_word = word;
  }
  return workgroupUniformLoad(&shared_word);
}
