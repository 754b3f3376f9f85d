// The experts of each token: the PER_TOKEN largest router logits, of equal ones the lower numbers, in ascending order
// of their numbers, with their shares: softmax over all experts, or over the chosen ones where NORMALIZED. A token a
// thread. Source: arXiv 1701.06538; the rule of Qwen3-MoE (arXiv 2505.09388).

override WORKGROUP: u32;
override EXPERTS: u32;
override PER_TOKEN: u32;
override NORMALIZED: bool;
// Numbers from one row of logits to the next.
override ROW_STRIDE: u32;

@group(0) @binding(2) var<storage, read> logits: array<f32>;
// [token, PER_TOKEN] expert, and the bits of its share
@group(0) @binding(3) var<storage, read_write> choices: array<vec2u>;

// An expert and its logit; a smaller one is less likely.
struct Expert {
  logit: f32,
  id: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = id.x;
  if (token >= token_count()) {
    return;
  }
  let row = token * ROW_STRIDE;
  let to = token * PER_TOKEN;
  if (holds_nan(row)) {
    for (var i = 0u; i < PER_TOKEN; i++) {
      choices[to + i] = vec2u(i, 0x7fc00000); // NaN goes on, as it does without experts
    }
    return;
  }
  let largest = next_expert(row, Expert(0, EXPERTS), true);
  var last = largest;
  for (var i = 1u; i < PER_TOKEN; i++) {
    last = next_expert(row, last, false);
  }
  var sum = 0.0;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    if (!NORMALIZED || is_chosen(row, expert, last)) {
      sum += exp(logits[row + expert] - largest.logit);
    }
  }
  var count = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    if (is_chosen(row, expert, last)) {
      choices[to + count] = vec2u(expert, bitcast<u32>(exp(logits[row + expert] - largest.logit) / sum));
      count++;
    }
  }
}

fn holds_nan(row: u32) -> bool {
  var largest = 0u;
  for (var expert = 0u; expert < EXPERTS; expert++) {
    largest = max(largest, bitcast<u32>(logits[row + expert]) & 0x7fffffff);
  }
  return largest >= 0x7f800000;
}

// The likeliest expert of all, or the next one behind before.
fn next_expert(row: u32, before: Expert, is_first: bool) -> Expert {
  var best = Expert(0, EXPERTS);
  for (var expert = 0u; expert < EXPERTS; expert++) {
    let logit = logits[row + expert];
    let is_behind = is_first || logit < before.logit || (logit == before.logit && expert > before.id);
    if (is_behind && (best.id == EXPERTS || logit > best.logit)) {
      best = Expert(logit, expert);
    }
  }
  return best;
}

// At least as likely as last.
fn is_chosen(row: u32, expert: u32, last: Expert) -> bool {
  let logit = logits[row + expert];
  return logit > last.logit || (logit == last.logit && expert <= last.id);
}
