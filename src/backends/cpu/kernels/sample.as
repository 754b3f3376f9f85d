/**
 * From logits to a token by the rule of src/sampling/sample.ts, to log probabilities by that of
 * src/sampling/logprobs.ts.
 */
import { editedRow } from "./edits";
import { nextRanked, startRanking } from "./ranking";
import { model, scratch, step } from "./state";
import { uniform } from "./threefry";

/** Columns of top log probabilities: MAX_TOP_LOGPROBS. */
const TOP: i32 = 20;
const NOT_FINITE: i32 = 1;

let logits: usize = 0;

// @ts-ignore: decorator
@inline
function logit(id: i32): f32 {
  return load<f32>(logits + <usize>id * 4);
}

// @ts-ignore: decorator
@inline
function weight(id: i32): f64 {
  return load<f64>(scratch.weights + <usize>id * 8);
}

/** Chooses the token of sample `s`, whose logits are at `values`. */
export function sampleRow(s: i32, values: usize): void {
  logits = values;
  store<u8>(step.flags + <usize>s, <u8>(allFinite() ? 0 : NOT_FINITE));
  logits = editedRow(s, values);
  const at = <usize>s * 4;
  const likeliest = argmax();
  const temperature = load<f32>(step.temperature + at);
  let id = likeliest;
  if (temperature != 0.0 && isFinite<f32>(logit(likeliest))) id = draw(s, likeliest, <f64>temperature);
  store<i32>(step.sampledIds + at, id);
  logits = values;
  const top = load<i32>(step.logprobCounts + at);
  if (top >= 0) writeLogprobs(s, id, top);
}

/** The id of the largest logit, ties to the lowest id; NaN never wins. */
function argmax(): i32 {
  let best = 0;
  let largest: f32 = -Infinity;
  const count = model.vocabulary;
  for (let id = 0; id < count; id++) {
    const value = logit(id);
    if (value > largest) {
      largest = value;
      best = id;
    }
  }
  if (largest > -Infinity) return best;
  for (let id = 0; id < count; id++) if (logit(id) == -Infinity) return id;
  return 0;
}

/** Infinite and NaN logits have an exponent of all ones; x - x is then NaN. */
function allFinite(): bool {
  let wrong = i32x4.splat(0);
  const count = model.vocabulary;
  let id = 0;
  for (; id + 4 <= count; id += 4) {
    const v = v128.load(logits + <usize>id * 4);
    const difference = f32x4.sub(v, v);
    wrong = v128.or(wrong, f32x4.ne(difference, difference));
  }
  for (; id < count; id++) if (!isFinite<f32>(logit(id))) return false;
  return !v128.any_true(wrong);
}

function draw(s: i32, likeliest: i32, temperature: f64): i32 {
  const count = model.vocabulary;
  const largest = <f64>logit(likeliest);
  for (let id = 0; id < count; id++) {
    store<f64>(scratch.weights + <usize>id * 8, Math.exp((<f64>logit(id) - largest) / temperature));
  }
  const at = <usize>s * 4;
  const lowest = threshold(load<i32>(step.topK + at), <f64>load<f32>(step.topP + at));
  const row = load<i32>(step.sampleRows + at);
  const position = load<i32>(step.positions + <usize>row * 4) + 1;
  const seed = step.seeds + 2 * at;
  const u = uniform(load<u32>(seed), load<u32>(seed, 4), load<u32>(step.choices + at), position);
  return choose(lowest, <f64>load<f32>(step.minP + at), u);
}

/** The smallest logit that top-k and top-p keep. */
function threshold(topK: i32, topP: f64): f32 {
  const count = model.vocabulary;
  let lowest: f32 = -Infinity;
  if (topK > 0 && topK < count) lowest = kthLargest(topK);
  if (!(topP < 1.0)) return lowest;
  let total: f64 = 0.0;
  for (let id = 0; id < count; id++) if (logit(id) >= lowest) total += weight(id);
  return nucleus(lowest, topP * total);
}

function kthLargest(k: i32): f32 {
  startRanking(logits, model.vocabulary, scratch.ranking);
  let last: f32 = -Infinity;
  for (let rank = 0; rank < k; rank++) {
    const id = nextRanked();
    if (id < 0) break;
    last = logit(id);
  }
  return last;
}

/** The smallest logit, of those from `floor` up, for which what is strictly larger weighs less than `mass`. */
function nucleus(floor: f32, mass: f64): f32 {
  startRanking(logits, model.vocabulary, scratch.ranking);
  let id = nextRanked();
  let lowest = logit(id);
  let sum: f64 = 0.0;
  while (id >= 0 && logit(id) >= floor) {
    if (logit(id) < lowest && sum >= mass) break;
    lowest = logit(id);
    sum += weight(id);
    id = nextRanked();
  }
  return lowest;
}

function choose(lowest: f32, minP: f64, u: f64): i32 {
  const count = model.vocabulary;
  let total: f64 = 0.0;
  for (let id = 0; id < count; id++) if (logit(id) >= lowest && weight(id) >= minP) total += weight(id);
  const target = u * total;
  let running: f64 = 0.0;
  let chosen = 0;
  for (let id = 0; id < count; id++) {
    if (!(logit(id) >= lowest && weight(id) >= minP)) continue;
    chosen = id;
    running += weight(id);
    if (running > target) break;
  }
  return chosen;
}

function writeLogprobs(s: i32, chosen: i32, top: i32): void {
  const normalizer = logSumExp();
  store<f32>(step.logprobs + <usize>s * 4, <f32>(<f64>logit(chosen) - normalizer));
  if (top > 0) startRanking(logits, model.vocabulary, scratch.ranking);
  for (let rank = 0; rank < top; rank++) {
    const id = nextRanked();
    const at = <usize>(s * TOP + rank) * 4;
    store<i32>(step.topIds + at, id);
    store<f32>(step.topLogprobs + at, id < 0 ? -Infinity : <f32>(<f64>logit(id) - normalizer));
  }
}

function logSumExp(): f64 {
  const count = model.vocabulary;
  let largest: f64 = -Infinity;
  for (let id = 0; id < count; id++) if (<f64>logit(id) > largest) largest = <f64>logit(id);
  if (!isFinite<f64>(largest)) return largest;
  let sum: f64 = 0.0;
  for (let id = 0; id < count; id++) {
    const value = logit(id);
    if (value == value) sum += Math.exp(<f64>value - largest);
  }
  return largest + Math.log(sum);
}
