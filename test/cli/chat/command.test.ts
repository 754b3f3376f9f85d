import { expect, test } from "vitest";
import { bstar } from "../../support/cli-io.ts";

test("the help says how to end and what is shown", async () => {
  const { code, out } = await bstar(["chat", "--help"]);
  expect(code).toBe(0);
  for (const part of ["/new", "/exit", "prefix cache", "--system <text>"]) expect(out).toContain(part);
});

test("bad values are bad usage", async () => {
  expect((await bstar(["chat", "--temperature", "-1"])).code).toBe(2);
  expect((await bstar(["chat", "--model", "/nowhere"])).code).toBe(2);
});
