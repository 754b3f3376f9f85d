import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Domains } from "../../src/blocks/domains.ts";

/** Salts that could be mistaken for an adapter's number, or for the mark between the two. */
const salts = fc.oneof(fc.constantFrom("", "0", "1", ":", "1:", ":1", "0:x", "1:0:x"), fc.string({ maxLength: 6 }));
const pairs = fc.record({ salt: salts, adapterId: fc.constantFrom(0, 1, 10, 2 ** 31 - 1) });

describe("Domains", () => {
  test("two pairs in use have one number exactly when they are equal, and a number can be read back", () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 30 }), (given) => {
        const domains = new Domains();
        const numbers = given.map(({ salt, adapterId }) => domains.acquire(salt, adapterId));
        for (const [i, a] of given.entries()) {
          expect([domains.salt(numbers[i]), domains.adapterId(numbers[i])]).toEqual([a.salt, a.adapterId]);
          for (const [j, b] of given.entries()) {
            expect(numbers[i] === numbers[j]).toBe(a.salt === b.salt && a.adapterId === b.adapterId);
          }
        }
        expect(domains.size).toBe(new Set(numbers).size);
        for (const number of numbers) domains.release(number);
        expect(domains.size).toBe(0);
      }),
    );
  });

  test("a number lives until its last user lets go", () => {
    const domains = new Domains();
    const number = domains.acquire("a", 0);
    domains.retain(number);
    domains.release(number);
    expect([domains.acquire("a", 0), domains.size]).toEqual([number, 1]);
    domains.release(number);
    domains.release(number);
    expect(domains.size).toBe(0);
  });

  test("a number that nobody uses goes to the next domain: numbers do not grow with time", () => {
    const domains = new Domains();
    const numbers = Array.from({ length: 100 }, (_, i) => {
      const number = domains.acquire(`salt ${i}`, i);
      domains.release(number);
      return number;
    });
    expect(new Set(numbers).size).toBe(1);
    expect(domains.salt(domains.acquire("new", 3))).toBe("new");
  });
});
