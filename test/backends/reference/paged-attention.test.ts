import { describe, expect, test } from "vitest";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";
import { PagedAttention } from "../../../src/backends/reference/paged-attention.ts";
import { type PlanRow, makePlan } from "../../../src/testing/index.ts";
import { distance, dot, numbers } from "../../support/numbers.ts";

const SHAPE = { headCount: 6, kvHeadCount: 2, headDim: 4, scale: 0.5, softCap: null };
const [KV_SIZE, SIZE] = [8, 24];
const BLOCK_SIZE = 4;
const LAYER = 1;

/** Keys and values of a sequence of `length`: [length, kvHeadCount * headDim] each. */
interface Context {
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

function contextOf(length: number, seed: number): Context {
  return { keys: numbers(length * KV_SIZE, seed), values: numbers(length * KV_SIZE, seed + 100) };
}

/** A store of NaN with the contexts' positions from `first` on at the places of their tables. */
function storeWith(contexts: readonly Context[], tables: readonly (readonly number[])[], first = 0): KvStore {
  const store = new KvStore({ blockSize: BLOCK_SIZE, layerCount: 2, kvHeadCount: 2, headDim: 4, type: "f64" }, 20);
  const nothing = new Float64Array(KV_SIZE).fill(Number.NaN);
  for (let slot = 0; slot < 21 * BLOCK_SIZE; slot++) {
    for (const layer of [0, 1]) store.writeToken(slot, layer, nothing, nothing, 0);
  }
  for (const [c, { keys, values }] of contexts.entries()) {
    for (let position = first; position < keys.length / KV_SIZE; position++) {
      const offset = position - first;
      const slot = tables[c][Math.floor(offset / BLOCK_SIZE)] * BLOCK_SIZE + (offset % BLOCK_SIZE);
      store.writeToken(slot, LAYER, keys, values, position * KV_SIZE);
    }
  }
  return store;
}

/** Dense attention of one query row [headCount * headDim] over positions [first, last], from the formula. */
function dense(query: Float64Array, { keys, values }: Context, first: number, last: number): number[] {
  const positions = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return Array.from({ length: SIZE }, (_, i) => {
    const [head, d] = [Math.floor(i / 4), i % 4];
    const part = (array: Float64Array, row: number): Float64Array =>
      array.subarray(row * KV_SIZE + Math.floor(head / 3) * 4).subarray(0, 4);
    const weights = positions.map((position) =>
      Math.exp(dot(query.subarray(head * 4, head * 4 + 4), part(keys, position)) / 2),
    );
    return (
      dot(
        weights,
        positions.map((position) => part(values, position)[d]),
      ) / weights.reduce((a, b) => a + b)
    );
  });
}

function run(
  store: KvStore,
  rows: readonly PlanRow[],
  queries: Float64Array,
  window: number | null = null,
): Float64Array {
  const out = new Float64Array(queries.length).fill(Number.NaN);
  const plan = makePlan(0, BLOCK_SIZE, rows);
  new PagedAttention(store, { ...SHAPE, window }).run(out, queries, LAYER, plan, plan.groups[0]);
  return out;
}

function rowAt(position: number, count: number, table: readonly number[], firstPosition = 0): PlanRow {
  return {
    slot: 0,
    tokenIds: new Array<number>(count).fill(0),
    position,
    tables: [table],
    firstPositions: [firstPosition],
    sampled: [],
  };
}

describe("PagedAttention", () => {
  test("is dense causal attention with grouped heads, for chunks and decodes beside each other", () => {
    const [contexts, tables] = [
      [contextOf(10, 1), contextOf(5, 2)],
      [
        [7, 2, 19],
        [20, 1],
      ],
    ];
    const queries = numbers(5 * SIZE, 3);
    const out = run(
      storeWith(contexts, tables),
      [rowAt(6, 4, tables[0]), { ...rowAt(4, 1, tables[1]), slot: 1 }],
      queries,
    );
    for (const [token, [context, position]] of [
      [0, 6],
      [0, 7],
      [0, 8],
      [0, 9],
      [1, 4],
    ].entries()) {
      const expected = dense(queries.subarray(token * SIZE), contexts[context], 0, position);
      expect(distance(out.subarray(token * SIZE, (token + 1) * SIZE), expected)).toBeLessThan(1e-14);
    }
  });

  test("the place of a block changes no bit", () => {
    const [context, queries] = [contextOf(11, 4), numbers(SIZE, 5)];
    const [first, second] = [
      [1, 2, 3],
      [18, 4, 11],
    ].map((table) => run(storeWith([context], [table]), [rowAt(10, 1, table)], queries));
    expect(second).toEqual(first);
  });

  test.each([1, 3, 4, 5, 50])("a window of %i sees the last positions alone", (window) => {
    const [context, table, queries] = [contextOf(10, 6), [3, 1, 2], numbers(2 * SIZE, 7)];
    const out = run(storeWith([context], [table]), [rowAt(8, 2, table)], queries, window);
    for (const token of [0, 1]) {
      const expected = dense(queries.subarray(token * SIZE), context, Math.max(0, 9 + token - window), 8 + token);
      expect(distance(out.subarray(token * SIZE, (token + 1) * SIZE), expected)).toBeLessThan(1e-14);
    }
  });

  test("a table may begin where the window has moved to", () => {
    const [context, table, queries] = [contextOf(15, 8), [9, 5], numbers(SIZE, 9)];
    const moved = run(storeWith([context], [table], 8), [rowAt(14, 1, table, 8)], queries, 6);
    const whole = run(storeWith([context], [[1, 2, 9, 5]]), [rowAt(14, 1, [1, 2, 9, 5])], queries, 6);
    expect(moved).toEqual(whole);
    expect(moved.some(Number.isNaN)).toBe(false);
  });

  test("large scores do not overflow", () => {
    const [context, table, queries] = [contextOf(3, 10), [1], numbers(SIZE, 11)];
    context.keys.forEach((_, i) => (context.keys[i] *= 1e5));
    expect(run(storeWith([context], [table]), [rowAt(2, 1, table)], queries).every(Number.isFinite)).toBe(true);
  });

  test("scores are capped where the decoder says so", () => {
    const [context, table, queries] = [contextOf(6, 12), [4, 8], numbers(SIZE, 13).map((x) => 20 * x)];
    const plan = makePlan(0, BLOCK_SIZE, [rowAt(5, 1, table)]);
    const out = new Float64Array(SIZE);
    new PagedAttention(storeWith([context], [table]), { ...SHAPE, softCap: 2, window: null }).run(
      out,
      queries,
      LAYER,
      plan,
      plan.groups[0],
    );
    const cap = (score: number): number => 2 * Math.tanh(score / 2);
    for (const [i, value] of out.entries()) {
      const [head, d] = [Math.floor(i / 4), i % 4];
      const part = (array: Float64Array, position: number) =>
        array.subarray(position * KV_SIZE + Math.floor(head / 3) * 4).subarray(0, 4);
      const shares = Array.from({ length: 6 }, (_, position) =>
        Math.exp(cap(dot(queries.subarray(head * 4, head * 4 + 4), part(context.keys, position)) / 2)),
      );
      const total = shares.reduce((a, b) => a + b);
      expect(value).toBeCloseTo(
        dot(
          shares,
          Array.from({ length: 6 }, (_, position) => part(context.values, position)[d]),
        ) / total,
        12,
      );
    }
  });
});
