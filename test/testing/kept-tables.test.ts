import { expect, test } from "vitest";
import { KeptTables } from "../../src/testing/kept-tables.ts";
import { makePlan } from "../../src/testing/make-plan.ts";

const row = { slot: 1, tokenIds: [1], position: 5, tables: [[1, 2]], sampled: [] };

test("knows what changes say, from plan to plan, and nothing else", () => {
  const kept = new KeptTables();
  kept.apply(makePlan(0, 4, [row], {}, [{ stride: 3, others: [], changes: [[1, 1, 2]] }]));
  expect([...kept.tables[0]]).toEqual([-1, -1, -1, -1, 2, -1]);
  kept.apply(makePlan(1, 4, [row], {}, [{ stride: 3, others: [], changes: [[1, 0, 1]] }]));
  expect([...kept.tables[0]]).toEqual([-1, -1, -1, 1, 2, -1]);
});

test("begins anew with another stride", () => {
  const kept = new KeptTables();
  kept.apply(makePlan(0, 4, [row], {}, [{ stride: 3, others: [], changes: [[1, 0, 2]] }]));
  kept.apply(makePlan(1, 4, [row], {}, [{ stride: 4, others: [], changes: [[1, 1, 2]] }]));
  expect([...kept.tables[0]]).toEqual([-1, -1, -1, -1, -1, 2, -1, -1]);
});

test("refuses a slot twice, and ranges that are empty or longer than a table", () => {
  for (const changes of [
    [
      [1, 0, 1],
      [1, 1, 2],
    ],
    [[1, 1, 1]],
    [[1, 0, 4]],
  ] as const) {
    expect(() => new KeptTables().apply(makePlan(0, 4, [row], {}, [{ stride: 3, others: [], changes }]))).toThrow(
      /plan 0: change \d is of blocks/,
    );
  }
});
