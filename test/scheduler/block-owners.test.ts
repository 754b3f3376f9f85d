import { expect, test } from "vitest";
import { blockOwners } from "../../src/scheduler/block-owners.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

test("says of each block where it stands and who holds it", () => {
  const parts = schedulerParts({ blockCount: 6 });
  const gone = parts.add("gone" as never, { promptTokenIds: ids(4, 5), id: "gone" });
  parts.step();
  parts.roster.end(gone, "abort", null, 0);
  parts.residents.compact();
  const held = parts.add(1);
  parts.step();
  const owners = blockOwners(parts.kv, parts.residents.running);
  const own = [...held.sequence!.tables[0].ids.subarray(0, 2)];
  expect(owners.length).toBe(6);
  for (const block of own) expect(owners[block - 1]).toEqual({ state: "held", request: 1 });
  expect(owners.filter(({ state }) => state === "cached")).toEqual([{ state: "cached", request: null }]);
  expect(owners.filter(({ state }) => state === "free").length).toBe(3);
});
