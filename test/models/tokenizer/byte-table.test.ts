import { expect, test } from "vitest";
import { ByteTable } from "../../../src/models/tokenizer/byte-table.ts";

test("gives each id's bytes, and none for ids that are not there", () => {
  const table = new ByteTable([Uint8Array.of(1, 2), undefined, new Uint8Array(0), Uint8Array.of(3)]);
  expect(table.length).toBe(4);
  expect([-1, 0, 1, 2, 3, 4, 0.5].map((id) => [...table.at(id)])).toEqual([[], [1, 2], [], [], [3], [], []]);
});
