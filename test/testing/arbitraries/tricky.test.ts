import { expect, test } from "vitest";
import { ALPHABETS, DOMAIN_SETS } from "../../../src/testing/arbitraries/tricky.ts";

test("alphabets have three different ids that a plan can carry", () => {
  for (const alphabet of ALPHABETS) {
    expect(new Set(alphabet).size).toBe(3);
    for (const id of alphabet) expect(Number.isInteger(id) && id >= 0 && id < 2 ** 31 - 1).toBe(true);
  }
});

test("domains of a set differ", () => {
  for (const set of DOMAIN_SETS) {
    expect(new Set(set.map(({ salt, adapterId }) => JSON.stringify([salt, adapterId]))).size).toBe(set.length);
  }
});
