import { expect, test } from "vitest";
import { ids, schedulerOf } from "../../support/scheduler-of.ts";

test("says of each block where it stands and which request holds it", () => {
  const { scheduler, submit, step } = schedulerOf({ blockCount: 6, contextLength: 20 });
  submit("gone", { promptTokenIds: ids(4, 5) });
  step();
  scheduler.abort("gone", 0);
  submit(1);
  step();
  const owners = scheduler.blockOwners();
  const [own] = scheduler.blockTables(1)!;
  expect([owners.length, own.length]).toEqual([6, 2]);
  for (const block of own) expect(owners[block - 1]).toEqual({ state: "held", request: 1 });
  expect(owners.filter(({ state }) => state === "cached")).toEqual([{ state: "cached", request: null }]);
  expect(owners.filter(({ state }) => state === "free").length).toBe(3);
});

test("lists a running request's blocks by group, -1 where a window has passed; nothing of one that does not run", () => {
  const { scheduler, submit, step } = schedulerOf({ groups: [{ window: null }, { window: 4 }] });
  submit(0, { promptTokenIds: ids(14) });
  expect(scheduler.blockTables(0)).toBeUndefined();
  step();
  const [whole, windowed] = scheduler.blockTables(0)!;
  expect([whole.length, whole.includes(-1), windowed.length, windowed[0]]).toEqual([4, false, 4, -1]);
  expect(scheduler.blockTables("unknown")).toBeUndefined();
});
