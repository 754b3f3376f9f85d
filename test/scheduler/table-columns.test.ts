import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockTable, Sequence } from "../../src/blocks/block-table.ts";
import { Columns } from "../../src/scheduler/columns.ts";
import { RowColumns } from "../../src/scheduler/row-columns.ts";
import { TableColumns } from "../../src/scheduler/table-columns.ts";

const SIZE = 4;

/** What a request holds: these blocks; its window, if any, has moved over `moved` of them. */
function holding(blocks: readonly number[], moved = 0): Sequence {
  const table = new BlockTable(200);
  for (const block of blocks) table.push(block);
  for (let i = 0; i < moved; i++) table.shift();
  return new Sequence({ tables: [table], blockSize: SIZE, root: -1, cacheable: true });
}

function tableOf(sequence: Sequence): BlockTable {
  return sequence.tables[0];
}

/** A few places, so that it has to grow. */
function columnsOf(sequences: readonly Sequence[] = []): TableColumns {
  const columns = new TableColumns(0, { maxTokens: 64, maxRequests: 8, blockCount: 2, blockSize: SIZE });
  for (const [row, sequence] of sequences.entries()) columns.append(row, sequence);
  return columns;
}

/** The columns are what a rebuild gives. */
function checkRebuilt(columns: TableColumns, rows: readonly Sequence[]): void {
  const tables = rows.map((each) => [...tableOf(each).ids.subarray(tableOf(each).first, tableOf(each).count)]);
  const indptr = [0];
  for (const table of tables) indptr.push(indptr.at(-1)! + table.length);
  expect([...columns.blockIndptr.subarray(0, rows.length + 1)]).toEqual(indptr);
  expect([...columns.blockIndices.subarray(0, indptr.at(-1))]).toEqual(tables.flat());
  expect([...columns.firstPosition.subarray(0, rows.length)]).toEqual(rows.map((each) => tableOf(each).first * SIZE));
  expect([...columns.slotBase.subarray(0, rows.length)]).toEqual(rows.map((each) => (tableOf(each).ids[tableOf(each).count - 1] - tableOf(each).count + 1) * SIZE));
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
    const working = new RowColumns(new Columns({ maxTokens: 8, maxRequests: 2, blockCount: 2, hostBlockCount: 0, blockSize: SIZE, groupCount: 1 }), 2);
    for (const [row, sequence] of rows.entries()) working.sequences[row] = sequence;
    working.chunks.set([1, 7]);
    const contextLengths = new Int32Array([6, 10]);
    columns.fillSlots(working, 0, 2, { queryIndptr: new Int32Array([0, 1, 8]), contextLengths });
    expect([...columns.slotMapping.subarray(0, 8)]).toEqual([17, 39, 32, 33, 34, 35, 28, 29]);
    columns.fillDecodeSlots(2, contextLengths);
    expect([...columns.slotMapping.subarray(0, 2)]).toEqual([17, 29]);
  });

  test("equals a rebuild after any program", () => {
    const anyCommand = fc.oneof(
      fc.record({ verb: fc.constant("append" as const), blocks: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ verb: fc.constant("keep" as const), marks: fc.array(fc.constantFrom(0, 1, 1), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("grow" as const), blocks: fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("trim" as const), moved: fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }) }),
      fc.record({ verb: fc.constant("rewrite" as const), row: fc.nat(7) }),
    );
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), (program) => {
        const columns = columnsOf();
        let rows: Sequence[] = [];
        let next = 1;
        const fresh = (count: number): number[] => Array.from({ length: count }, () => next++);
        for (const command of program) {
          if (command.verb === "append" && rows.length < 8) {
            rows.push(holding(fresh(command.blocks)));
            columns.append(rows.length - 1, rows.at(-1)!);
          } else if (command.verb === "keep") {
            columns.keep(new Uint8Array(command.marks), rows.length);
            rows = rows.filter((_, row) => command.marks[row] === 1);
          } else if (command.verb === "grow") {
            const grown = Int32Array.from(rows, (_, row) => command.blocks[row]);
            for (const [row, each] of rows.entries()) for (const block of fresh(grown[row])) tableOf(each).push(block);
            columns.grow(rows, rows.length, grown, grown.reduce((a, b) => a + b, 0));
          } else if (command.verb === "trim") {
            for (const [row, each] of rows.entries()) for (let i = 0; i < command.moved[row] && tableOf(each).first < tableOf(each).count - 1; i++) tableOf(each).shift();
            columns.trim(rows, rows.length);
          } else if (command.verb === "rewrite" && command.row < rows.length) {
            const { ids, first } = tableOf(rows[command.row]);
            ids[first] = next++;
            columns.rewrite(command.row, rows[command.row]);
          }
          checkRebuilt(columns, rows);
        }
      }),
      { numRuns: 200 },
    );
  });
});
