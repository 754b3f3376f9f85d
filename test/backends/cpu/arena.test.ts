import fc from "fast-check";
import { expect, test } from "vitest";
import { Arena } from "../../../src/backends/cpu/arena.ts";
import { DeviceLimitError } from "../../../src/errors.ts";

test("parts are aligned, apart, and within the memory", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 20 }), (sizes) => {
      const arena = new Arena();
      const parts = sizes.map((size) => ({ size, address: arena.take(size, "a part") }));
      const { byteLength } = arena.open().buffer;
      for (const [i, { size, address }] of parts.entries()) {
        expect(address % 64).toBe(0);
        expect(address + size).toBeLessThanOrEqual(parts[i + 1]?.address ?? byteLength);
      }
    }),
    { numRuns: 30 },
  );
});

test("beyond 4 GiB the error names the part and both sizes", () => {
  const arena = new Arena();
  arena.take(2 ** 31, "weights");
  expect(() => arena.take(2 ** 32, "5 blocks")).toThrow(DeviceLimitError);
  expect(() => arena.take(2 ** 32, "5 blocks")).toThrow(/ends at 4\.00 GiB, and 5 blocks would end at/);
});
