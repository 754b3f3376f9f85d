/**
 * Token ids by descending logit, ties by ascending id, as many as are asked for: the heap of src/sampling/ranking.ts.
 */

let ids: usize = 0;
let logits: usize = 0;
let size: i32 = 0;

// @ts-ignore: decorator
@inline
function idAt(i: i32): i32 {
  return load<i32>(ids + <usize>i * 4);
}

// @ts-ignore: decorator
@inline
function precedes(a: i32, b: i32): bool {
  const x = load<f32>(logits + <usize>a * 4), y = load<f32>(logits + <usize>b * 4);
  return x > y || (x == y && a < b);
}

function sink(from: i32): void {
  const id = idAt(from);
  let hole = from;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= size) break;
    if (child + 1 < size && precedes(idAt(child + 1), idAt(child))) child++;
    if (!precedes(idAt(child), id)) break;
    store<i32>(ids + <usize>hole * 4, idAt(child));
    hole = child;
  }
  store<i32>(ids + <usize>hole * 4, id);
}

/** Ranks `count` logits that are not NaN; `memory` has room for `count` ids. */
export function startRanking(values: usize, count: i32, memory: usize): void {
  ids = memory;
  logits = values;
  size = 0;
  for (let id = 0; id < count; id++) {
    const value = load<f32>(values + <usize>id * 4);
    if (value != value) continue;
    store<i32>(ids + <usize>size * 4, id);
    size++;
  }
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(i);
}

/** The next id, -1 when none is left. */
export function nextRanked(): i32 {
  if (size == 0) return -1;
  const first = idAt(0);
  size--;
  store<i32>(ids, idAt(size));
  sink(0);
  return first;
}
