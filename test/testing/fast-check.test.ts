import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MissingPackageError } from "../../src/errors.ts";
import { loadFastCheck } from "../../src/testing/fast-check.ts";

test("loads the package", async () => expect((await loadFastCheck()).check).toBe(fc.check));

test("says in one sentence that it is missing, and how to get it", async () => {
  const cause = new Error("Cannot find package");
  const error = await loadFastCheck(() => Promise.reject(cause)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MissingPackageError);
  expect(error).toMatchObject({
    message: 'the conformance suite for allocators needs the package "fast-check": npm install --save-dev fast-check',
    cause,
  });
});
