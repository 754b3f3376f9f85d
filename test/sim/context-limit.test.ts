import fc from "fast-check";
import { expect, test } from "vitest";
import { fitContext } from "../../src/sim/context-limit.ts";

const arrival = (promptTokens: number, outputTokens: number) => ({ at: 1, promptTokens, outputTokens, client: "a" });

test("what fits is left as it is", () => {
  const fits = arrival(60, 40);
  expect(fitContext(fits, 100, "clip")).toBe(fits);
  expect(fitContext(fits, 100, "drop")).toBe(fits);
});

test("the prompt gives way first, down to one token, then the answer", () => {
  expect(fitContext(arrival(90, 40), 100, "clip")).toEqual(arrival(60, 40));
  expect(fitContext(arrival(90, 400), 100, "clip")).toEqual(arrival(1, 99));
  expect(fitContext(arrival(90, 40), 100, "drop")).toBeNull();
});

test("a clipped request fills the context and has at least a token of each", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 2, max: 300 }),
      (prompt, output, context) => {
        const { promptTokens, outputTokens } = fitContext(arrival(prompt, output), context, "clip")!;
        expect(promptTokens >= 1 && outputTokens >= 1).toBe(true);
        expect(promptTokens + outputTokens).toBe(Math.min(prompt + output, context));
      },
    ),
  );
});
