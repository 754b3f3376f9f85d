// Each sample's logits with its edits and mask, by the rule of sampling/edits.ts; one workgroup a sample. The largest
// numbers stand for infinities, because shaders need not know infinities.

const LANES = 64u;
const NEVER = -3e38;
const ALWAYS = 3e38;

override VOCABULARY: u32;
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> edited: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sample = part.first_row + group.x;
  let row = group.x * ROW_STRIDE;
  let place = column_at(MASK_PLACES, sample);
  for (var id = lane; id < VOCABULARY; id += LANES) {
    edited[row + id] = select(NEVER, logits[row + id], allows(place, id));
  }
  storageBarrier();
  let end = u32(column_at(EDIT_STARTS, sample + 1));
  for (var i = u32(column_at(EDIT_STARTS, sample)) + lane; i < end; i += LANES) {
    let id = u32(column_at(EDIT_IDS, i));
    if (allows(place, id)) {
      edited[row + id] = edit(logits[row + id], i);
    }
  }
}

fn allows(place: i32, id: u32) -> bool {
  if (place < 0) {
    return true;
  }
  let word = u32(column_at(MASK_WORDS, u32(place) * ((VOCABULARY + 31) / 32) + id / 32));
  return ((word >> (id % 32)) & 1) == 1;
}

fn edit(logit: f32, i: u32) -> f32 {
  let bits = u32(column_at(EDIT_BIAS, i));
  if ((bits & 0x7fffffffu) == 0x7f800000u) {
    return select(ALWAYS, NEVER, bits >= 0x80000000u);
  }
  let x = logit + bitcast<f32>(bits);
  let scale = bitcast<f32>(column_at(EDIT_SCALE, i));
  return clamp(select(x * scale, x / scale, x > 0) - bitcast<f32>(column_at(EDIT_PENALTY, i)), NEVER, ALWAYS);
}
