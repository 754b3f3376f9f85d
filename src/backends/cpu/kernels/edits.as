/** A sample's edits and mask by the rule of src/sampling/edits.ts, on a copy of its logits. */
import { model, scratch, step } from "./state";

/** Where the logits are that sample `s` is chosen from: `values` themselves where nothing changes them. */
export function editedRow(s: i32, values: usize): usize {
  const at = <usize>s * 4;
  const first = step.editCount == 0 ? 0 : load<i32>(step.editIndptr + at);
  const end = step.editCount == 0 ? 0 : load<i32>(step.editIndptr + at, 4);
  const place = step.maskCount == 0 ? -1 : load<i32>(step.maskPlaces + at);
  if (first == end && place < 0) return values;
  memory.copy(scratch.edited, values, <usize>model.vocabulary * 4);
  for (let i = first; i < end; i++) edit(<usize>i * 4);
  if (place >= 0) mask(step.maskWords + <usize>place * (<usize>(model.vocabulary + 31) / 32) * 4);
  return scratch.edited;
}

function edit(at: usize): void {
  const target = scratch.edited + <usize>load<i32>(step.editIds + at) * 4;
  const x: f32 = load<f32>(target) + load<f32>(step.editBias + at);
  const scale = load<f32>(step.editScale + at);
  store<f32>(target, (x > 0.0 ? x / scale : x * scale) - load<f32>(step.editPenalty + at));
}

function mask(words: usize): void {
  const count = model.vocabulary;
  for (let first = 0; first < count; first += 32) {
    const word = load<u32>(words + <usize>(first >> 5) * 4);
    if (word == 0xffffffff) continue;
    const end = min(first + 32, count);
    for (let id = first; id < end; id++) {
      if (((word >>> (id & 31)) & 1) == 0) store<f32>(scratch.edited + <usize>id * 4, -Infinity);
    }
  }
}
