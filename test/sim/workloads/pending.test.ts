import fc from "fast-check";
import { expect, test } from "vitest";
import { Pending } from "../../../src/sim/workloads/pending.ts";

test("takes the soonest, of equal times the one that was added first", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(null)), { maxLength: 60 }), (program) => {
      const pending = new Pending<number>();
      const model: { at: number; value: number }[] = [];
      for (const [value, at] of program.entries()) {
        if (at !== null) {
          pending.add(at, value);
          model.push({ at, value });
          model.sort((a, b) => a.at - b.at || a.value - b.value);
        } else if (model.length > 0) expect(pending.take()).toBe(model.shift()!.value);
        expect(pending.nextAt).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});
