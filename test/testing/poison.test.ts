import { expect, test } from "vitest";
import { poisonBytes } from "../../src/testing/poison.ts";

test("poison is NaN at every width", () => {
  const { buffer } = poisonBytes({ bytesPerBlock: 24 }, 2);
  expect(buffer.byteLength).toBe(48);
  expect([...new Float32Array(buffer), ...new Float64Array(buffer)].every(Number.isNaN)).toBe(true);
});
