import { expect, test } from "vitest";
import { KeyRing } from "../../src/server/keys.ts";

const headers = (authorization: string): Headers => new Headers({ authorization });

test("a key is recognized whatever the case of its scheme, and nothing else is", async () => {
  const ring = new KeyRing([{ key: "0123456789abcdef", name: "a" }], () => 0);
  expect((await ring.clientOf(headers("Bearer 0123456789abcdef"))).name).toBe("a");
  expect((await ring.clientOf(headers("bearer  0123456789abcdef"))).name).toBe("a");
  for (const given of [
    "",
    "0123456789abcdef",
    "Bearer ",
    "Bearer 0123456789abcdeg",
    "Bearer 0123456789abcde",
    "Basic 0123456789abcdef",
  ]) {
    await expect(ring.clientOf(headers(given))).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
  }
  await expect(ring.clientOf(new Headers())).rejects.toMatchObject({ status: 401 });
});

test("keys that could be guessed, or that share a name, are refused without being shown", () => {
  const make =
    (...keys: { key: string; name: string; tokensPerMinute?: number }[]) =>
    () =>
      new KeyRing(keys, () => 0);
  expect(make({ key: "short", name: "a" })).toThrow(/^keys\[0\]\.key must have 16 characters at least/);
  expect(make({ key: "short", name: "a" })).not.toThrow(/short/);
  const key = "0123456789abcdef";
  expect(make({ key, name: "a" }, { key: `${key}0`, name: "a" })).toThrow(
    /keys\[1\]\.name must be a name that no other/,
  );
  expect(make({ key, name: "a", tokensPerMinute: 0 })).toThrow(/tokensPerMinute must be an integer >= 1, got 0/);
});
