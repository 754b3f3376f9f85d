import { expect, test } from "vitest";
import { packageVersion } from "../../src/cli/package-version.ts";

test("the version is the package's", () => {
  expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
});
