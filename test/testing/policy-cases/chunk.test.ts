import { expect, test } from "vitest";
import type { ChunkPolicy } from "../../../src/prefill/chunk-policy.ts";
import { equalProgress } from "../../../src/prefill/equal-progress.ts";
import { none } from "../../../src/prefill/none.ts";
import { chunkCases } from "../../../src/testing/policy-cases/chunk.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

test("ours pass", () =>
  expect([complaintOf(chunkCases(equalProgress)), complaintOf(chunkCases(none))]).toEqual([null, null]));

test("what breaks a rule is found", () => {
  expectComplaints<() => ChunkPolicy>(chunkCases, {
    "beyond the gap": [
      () => ({ name: "broken", chunk: (_request, _gap, step) => step.remaining }),
      /gives \d+ of \d+ tokens/,
    ],
    "beyond the budget": [() => ({ name: "broken", chunk: (_request, gap) => gap }), /gives \d+ of \d+ tokens/],
    "below 0, as Sarathi's own code does for some sizes": [
      () => ({
        name: "broken",
        chunk: (_request, gap, step) => Math.min(gap, step.remaining, 256 - step.decodeCount - 300),
      }),
      /gives -\d+ of/,
    ],
    "a part of a token": [
      () => ({ name: "broken", chunk: (_request, gap, step) => Math.min(gap, step.remaining) / 2 }),
      /gives \d+\.5 of/,
    ],
    "nothing, ever": [() => ({ name: "broken", chunk: () => 0 }), /gives nothing to a prompt/],
    "a part of what may not be divided": [
      () => ({ name: "broken", wholePrompts: true, chunk: (_request, gap, step) => Math.min(gap, step.remaining, 2) }),
      /divides a prompt/,
    ],
  });
});
