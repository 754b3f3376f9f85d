import { expect, test } from "vitest";
import { Directory } from "../../src/scheduler/directory.ts";
import { sequenceOf } from "../support/scheduler-of.ts";

test("finds requests by id and choice, the youngest choice first, until the last of an id has gone", () => {
  const directory = new Directory();
  const [a, b, other] = [sequenceOf(0, { id: "x" }), sequenceOf(1, { id: "x", choice: 1 }), sequenceOf(2, { id: "y" })];
  for (const request of [a, b, other]) directory.add(request);
  expect([directory.size, directory.of("x"), directory.of("x", 1), directory.of("x", 2), directory.of("z")]).toEqual([
    3,
    [b, a],
    [b],
    [],
    [],
  ]);
  expect([...directory]).toEqual([a, b, other]);
  directory.delete(a);
  expect([directory.size, directory.has("x"), directory.of("x")]).toEqual([2, true, [b]]);
  directory.delete(b);
  expect([directory.size, directory.has("x"), directory.has("y")]).toEqual([1, false, true]);
});
