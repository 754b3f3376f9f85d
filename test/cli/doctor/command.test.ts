import { expect, test } from "vitest";
import { bstar } from "../../support/cli-io.ts";

test("doctor takes --json, --tune and --calibrate, and nothing else", async () => {
  const { out } = await bstar(["doctor", "--help"]);
  for (const option of ["--json", "--tune", "--calibrate"]) expect(out).toContain(option);
  expect(await bstar(["doctor", "--tune", "--calibrate"])).toEqual({
    code: 2,
    out: "",
    err: "bstar: --tune measures a GPU and --calibrate the CPU: give one of them\n",
  });
  expect(await bstar(["doctor", "--fix"])).toEqual({ code: 2, out: "", err: "bstar: unknown option '--fix'\n" });
});
