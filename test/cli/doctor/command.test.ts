import { expect, test } from "vitest";
import { bstar } from "../../support/cli-io.ts";

test("doctor takes --json and nothing else", async () => {
  expect((await bstar(["doctor", "--help"])).out).toContain("--json");
  expect(await bstar(["doctor", "--fix"])).toEqual({ code: 2, out: "", err: "bstar: unknown option '--fix'\n" });
});
