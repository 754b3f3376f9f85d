import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockTable, Sequence } from "../../src/blocks/block-table.ts";
import type { Entry } from "../../src/scheduler/entry.ts";
import { TableColumns } from "../../src/scheduler/table-columns.ts";
import { entryOf } from "../support/scheduler-parts.ts";

const SIZE = 4;

/** A request that holds these blocks; its window, if any, has moved over `moved` of them. */
function holding(blocks: readonly number[], moved = 0): Entry {
  const table = new BlockTable(200);
  for (const block of blocks) table.push(block);
  for (let i = 0; i < moved; i++) table.shift();
  const entry = entryOf(0);
  entry.sequence = new Sequence({ tables: [table], blockSize: SIZE, root: -1, cacheable: true });
  return entry;
}

function tableOf(entry: Entry): BlockTable {
  return entry.sequence!.tables[0];
}

/** A few places, so that it has to grow. */
function columnsOf(entries: readonly Entry[] = []): TableColumns {
  const columns = new TableColumns(0, { maxTokens: 64, maxRequests: 8, blockCount: 2, blockSize: SIZE });
  for (const [row, entry] of entries.entries()) columns.append(row, entry);
  return columns;
}

/** The columns are what a rebuild gives. */
function checkRebuilt(columns: TableColumns, rows: readonly Entry[]): void {
  const tables = rows.map((entry) => [...tableOf(entry).ids.subarray(tableOf(entry).first, tableOf(entry).count)]);
  const indptr = [0];
  for (const table of tables) indptr.push(indptr.at(-1)! + table.length);
  expect([...columns.blockIndptr.subarray(0, rows.length + 1)]).toEqual(indptr);
  expect([...columns.blockIndices.subarray(0, indptr.at(-1))]).toEqual(tables.flat());
  expect([...columns.firstPosition.subarray(0, rows.length)]).toEqual(rows.map((entry) => tableOf(entry).first * SIZE));
  expect([...columns.slotBase.subarray(0, rows.length)]).toEqual(rows.map((entry) => (tableOf(entry).ids[tableOf(entry).count - 1] - tableOf(entry).count + 1) * SIZE));
}

describe("TableColumns", () => {
  test("holds tables one after the other, as CSR", () => {
    const rows = [holding([3, 4]), holding([9]), holding([5, 6, 7], 1)];
    const columns = columnsOf(rows);
    checkRebuilt(columns, rows);
    expect([...columns.blockIndptr.subarray(0, 4)]).toEqual([0, 2, 3, 5]);
    expect([...columns.blockIndices.subarray(0, 5)]).toEqual([3, 4, 9, 6, 7]);
    expect(columns.firstPosition[2]).toBe(4);
  });

  test("closes up what leaves: at the front, in the middle, at the end, all", () => {
    for (const marks of [[0, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]]) {
      const rows = [holding([1, 2]), holding([3]), holding([4, 5, 6], 1), holding([7, 8])];
      const columns = columnsOf(rows);
      columns.keep(new Uint8Array(marks), 4);
      checkRebuilt(columns, rows.filter((_, row) => marks[row] === 1));
    }
  });

  test("slots: one token goes to the last block, more over any number of blocks", () => {
    const rows = [holding([3, 4]), holding([9, 8, 7])];
    const columns = columnsOf(rows);
    const [decode, chunk] = rows;
    Object.assign(decode, { computedTokenCount: 6, chunk: 1 });
    Object.assign(chunk, { computedTokenCount: 10, chunk: 7 });
    columns.fillSlots(rows, 2, { queryIndptr: new Int32Array([0, 1, 8]), contextLengths: new Int32Array([6, 10]) });
    expect([...columns.slotMapping.subarray(0, 8)]).toEqual([17, 39, 32, 33, 34, 35, 28, 29]);
  });

  test("equals a rebuild after any program", () => {
    const command = fc.oneof(
      fc.record({ verb: fc.constant("append" as const), blocks: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ verb: fc.constant("keep" as const), marks: fc.array(fc.constantFrom(0, 1, 1), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("grow" as const), blocks: fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("trim" as const), moved: fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("rewrite" as const), row: fc.nat(7) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (program) => {
        const columns = columnsOf();
        let rows: Entry[] = [];
        let next = 1;
        const fresh = (count: number): number[] => Array.from({ length: count }, () => next++);
        for (const each of program) {
          if (each.verb === "append" && rows.length < 8) {
            rows.push(holding(fresh(each.blocks)));
            columns.append(rows.length - 1, rows.at(-1)!);
          } else if (each.verb === "keep") {
            columns.keep(new Uint8Array(each.marks), rows.length);
            rows = rows.filter((_, row) => each.marks[row] === 1);
          } else if (each.verb === "grow") {
            const grown = Int32Array.from(rows, (_, row) => each.blocks[row]);
            for (const [row, entry] of rows.entries()) for (const block of fresh(grown[row])) tableOf(entry).push(block);
            columns.grow(rows, rows.length, grown, grown.reduce((a, b) => a + b, 0));
          } else if (each.verb === "trim") {
            for (const [row, entry] of rows.entries()) for (let i = 0; i < each.moved[row] && tableOf(entry).first < tableOf(entry).count - 1; i++) tableOf(entry).shift();
            columns.trim(rows, rows.length);
          } else if (each.verb === "rewrite" && each.row < rows.length) {
            const { ids, first } = tableOf(rows[each.row]);
            ids[first] = next++;
            columns.rewrite(each.row, rows[each.row]);
          }
          checkRebuilt(columns, rows);
        }
      }),
      { numRuns: 200 },
    );
  });
});
