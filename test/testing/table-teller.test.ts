import { describe, expect, test } from "vitest";
import { TableTeller } from "../../src/testing/table-teller.ts";

const shape = { blockSize: 4, contextLength: 64, maxRequests: 2, groups: [{ window: null }, { window: 8 }] };

describe("TableTeller", () => {
  test("tells new blocks once, of each group", () => {
    const teller = new TableTeller(shape);
    const tables = [[{ slot: 1, first: 0, blocks: [5, 6] }], [{ slot: 1, first: 3, blocks: [7] }]];
    expect(teller.tell(tables).map(({ changes }) => changes)).toEqual([[[1, 0, 2]], [[1, 3, 4]]]);
    expect(teller.tell(tables).map(({ changes }) => changes)).toEqual([[], []]);
    tables[0][0].blocks.push(9);
    tables[1][0] = { slot: 1, first: 4, blocks: [8] };
    expect(teller.tell(tables).map(({ changes }) => changes)).toEqual([[[1, 2, 3]], [[1, 4, 5]]]);
  });

  test("tells whole tables where they grow and after a failure", () => {
    const teller = new TableTeller(shape);
    const tables = (count: number) => [[{ slot: 0, first: 0, blocks: Array.from({ length: count }, (_, i) => i) }], []];
    expect(teller.tell(tables(4))[0]).toMatchObject({ stride: 4, changes: [[0, 0, 4]] });
    expect(teller.tell(tables(5))[0]).toMatchObject({ stride: 8, changes: [[0, 0, 5]] });
    expect(teller.tell(tables(6))[0]).toMatchObject({ stride: 8, changes: [[0, 5, 6]] });
    teller.forget();
    expect(teller.tell(tables(6))[0]).toMatchObject({ stride: 8, changes: [[0, 0, 6]] });
  });

  test("a ring has room for the window and two rows", () => {
    expect(new TableTeller(shape, 5).tell([[], []])[1].stride).toBe(5);
    expect(new TableTeller(shape).tell([[], []])[1].stride).toBe(16);
  });
});
