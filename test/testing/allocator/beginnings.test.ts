import fc from "fast-check";
import { expect, test } from "vitest";
import { BeginningNames } from "../../../src/testing/allocator/beginnings.ts";

const beginning = fc.record({
  domain: fc.record({ salt: fc.constantFrom("", "1", "11"), adapterId: fc.constantFrom(0, 1, 11) }),
  tokens: fc.array(fc.nat(1), { minLength: 1, maxLength: 5 }),
});

test("two beginnings have the same name exactly when their domains and tokens are equal", () => {
  fc.assert(
    fc.property(beginning, beginning, (a, b) => {
      const names = new BeginningNames();
      const [first, second] = [a, b].map(({ domain, tokens }) => names.nameAll(domain, tokens));
      expect(first.at(-1) === second.at(-1)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test("extending names what naming all at once does", () => {
  const names = new BeginningNames();
  const domain = { salt: "", adapterId: 0 };
  const parts: number[] = [];
  names.extend(parts, domain, [1, 2]);
  names.extend(parts, domain, [3]);
  expect(parts).toEqual(names.nameAll(domain, [1, 2, 3]));
  expect(new Set(parts).size).toBe(3);
});
