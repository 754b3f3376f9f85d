import { expect, test } from "vitest";
import { Directory } from "../../src/scheduler/directory.ts";
import { entryOf } from "../support/scheduler-parts.ts";

test("finds requests by id and choice, the youngest choice first, until the last of an id has gone", () => {
  const directory = new Directory();
  const [a, b, other] = [entryOf(0, { id: "x" }), entryOf(1, { id: "x", choice: 1 }), entryOf(2, { id: "y" })];
  for (const entry of [a, b, other]) directory.add(entry);
  expect([directory.size, directory.of("x"), directory.of("x", 1), directory.of("x", 2), directory.of("z")]).toEqual([3, [b, a], [b], [], []]);
  expect([...directory]).toEqual([a, b, other]);
  directory.delete(a);
  expect([directory.size, directory.has("x"), directory.of("x")]).toEqual([2, true, [b]]);
  directory.delete(b);
  expect([directory.size, directory.has("x"), directory.has("y")]).toEqual([1, false, true]);
});
