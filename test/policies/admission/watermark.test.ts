import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { watermark } from "../../../src/policies/admission/watermark.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

function missing(
  share: number | undefined,
  needed: number,
  view: { available: number; promised?: number; blockCount?: number },
): number {
  const { available, promised = 0, blockCount = 100 } = view;
  const full = admissionView({ blockCount, availableBlocks: available, promisedBlocks: promised });
  return watermark(share).missingBlocks(requestOf(0), needed, full);
}

describe("watermark", () => {
  test("keeps one block in a hundred by default, rounded up", () => {
    expect(missing(undefined, 10, { available: 11 })).toBe(0);
    expect(missing(undefined, 10, { available: 10 })).toBe(1);
    expect(missing(undefined, 10, { available: 11, blockCount: 101 })).toBe(1);
  });

  test("says how many blocks are missing, those that running prompts still take included", () => {
    expect(missing(0.05, 10, { available: 3, promised: 4 })).toBe(10 + 4 + 5 - 3);
  });

  test("with share 0 keeps nothing", () => {
    expect([missing(0, 10, { available: 10 }), missing(0, 11, { available: 10 })]).toEqual([0, 1]);
  });

  test("what it says is missing is exactly enough", () => {
    const counts = fc.nat(500);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        counts,
        counts,
        counts,
        (share, needed, available, promised) => {
          const lacking = missing(share, needed, { available, promised });
          expect(missing(share, needed, { available: available + lacking, promised })).toBe(0);
          if (lacking > 0) expect(missing(share, needed, { available: available + lacking - 1, promised })).toBe(1);
        },
      ),
    );
  });

  test.each([-0.1, 1, 1.5, Number.NaN])("refuses a share of %s", (share) => {
    expect(() => watermark(share)).toThrow(new InvalidOptionError(`watermark must be in [0, 1), got ${share}`));
  });
});
