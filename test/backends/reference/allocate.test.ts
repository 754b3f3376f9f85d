import { expect, test } from "vitest";
import { allocate } from "../../../src/backends/reference/allocate.ts";
import { OutOfMemoryError } from "../../../src/errors.ts";

test("gives zeros", () => expect([...allocate(3, "a test")]).toEqual([0, 0, 0]));

test("says how many bytes of what could not be had", () => {
  expect(() => allocate(2 ** 50, "a test")).toThrow(OutOfMemoryError);
  expect(() => allocate(2 ** 50, "a test")).toThrow("cannot allocate 9007199254740992 bytes for a test");
});
