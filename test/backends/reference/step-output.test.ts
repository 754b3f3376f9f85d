import { expect, test } from "vitest";
import { createStepOutput } from "../../../src/backends/reference/step-output.ts";

test("has room for every sample, and for logits only where they are kept", () => {
  const output = createStepOutput(3, 5);
  expect([output.tokenIds, output.logprobs, output.topIds, output.topLogprobs].map((column) => column.length)).toEqual([
    3, 3, 60, 60,
  ]);
  expect(output.logits?.length).toBe(15);
  expect(createStepOutput(3, null).logits).toBeUndefined();
});
