import { expect, test } from "vitest";
import { Columns } from "../../src/scheduler/columns.ts";
import { RowColumns } from "../../src/scheduler/row-columns.ts";
import { entryOf } from "../support/scheduler-parts.ts";

test("RowColumns: a row takes all that it has to its new place, the plan's columns included", () => {
  const columns = new Columns({ maxTokens: 8, maxRequests: 4, blockCount: 2, hostBlockCount: 0, blockSize: 4, groupCount: 1 });
  const rows = new RowColumns(columns, 4);
  const entry = entryOf(0);
  const numbers = [rows.chunks, rows.sampleCounts, rows.inputs, rows.lastSamples, rows.stays, rows.grown, columns.adapterIds, columns.contextLengths];
  rows.entries[3] = entry;
  for (const [i, column] of numbers.entries()) column[3] = 10 + i;
  columns.requestSlots[3] = 2;
  rows.move(3, 3);
  expect(entry.row).toBe(-1);
  rows.move(3, 1);
  expect([rows.entries[1], entry.row, columns.requestSlots[1], rows.bySlot[2]]).toEqual([entry, 1, 2, 1]);
  expect(numbers.map((column) => column[1])).toEqual(numbers.map((_, i) => 10 + i));
});
