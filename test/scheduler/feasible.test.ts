import { describe, expect, test } from "vitest";
import { InfeasibleRequestError } from "../../src/errors.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import type { ChunkPolicy } from "../../src/prefill/chunk-policy.ts";
import { assertFeasible } from "../../src/scheduler/feasible.ts";
import { resolveOptions } from "../../src/scheduler/options.ts";
import { sequenceOf, ids } from "../support/scheduler-of.ts";

const whole: ChunkPolicy = {
  name: "none",
  wholePrompts: true,
  chunk: (_request, gap, { remaining }) => (gap <= remaining ? gap : 0),
};
const options = resolveOptions({ blockCount: 10, blockSize: 4, contextLength: 30, budget: fixed(8) });

function check(promptTokens: number, blocks: number, changes: object = {}): () => void {
  return () => assertFeasible(sequenceOf(0, { promptTokenIds: ids(promptTokens) }), { ...options, ...changes }, blocks);
}

describe("assertFeasible", () => {
  test("lets pass what fits alone, to the last token and block", () => {
    expect(check(29, 10)).not.toThrow();
    expect(check(8, 1, { chunking: whole })).not.toThrow();
  });

  test.each<[() => void, string]>([
    [check(31, 1), "the prompt has 31 tokens, the context is 30"],
    [check(30, 1), "the prompt fills the context of 30 tokens, no room is left for an answer"],
    [check(6, 11), "prompt and answer of 10 tokens need 11 blocks, the pool has 10"],
    [
      check(9, 1, { chunking: whole }),
      "the prompt has 9 tokens, a step takes 8, and chunk policy none does not divide prompts",
    ],
  ])("refuses with a reason (%#)", (submit, message) => expect(submit).toThrow(new InfeasibleRequestError(message)));
});
