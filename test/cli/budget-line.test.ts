import { expect, test } from "vitest";
import { budgetLine } from "../../src/cli/budget-line.ts";

const fit = { floor: 0.0031256, slope: 0.0000149, bStar: 209.77, low: 180.2, high: 250.9, sampleCount: 30 };

test("names the knee, its interval and the two times", () => {
  expect(budgetLine(fit, 209)).toBe(
    "bstar: B* of this device is 210 tokens (95% interval 180 to 251, 30 steps): a step takes 3.13 ms, a token of a large one 0.0149 ms; the budget is 209\n",
  );
});

test("says so where no step came near the knee", () => {
  const line = budgetLine({ ...fit, slope: 0, bStar: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY }, 512);
  expect(line).toContain("is beyond what was timed (95% interval 180 to beyond what was timed, 30 steps)");
});
