import { describe, expect, test } from "vitest";
import type { BackendInfo } from "../../src/backends/backend.ts";
import { checkCounts, checkSampleRows, checkSteering } from "../../src/backends/plan-check.ts";
import { makePlan, type PlanRow } from "../../src/testing/make-plan.ts";

const info = { vocabSize: 40, maxEdits: 3 } as BackendInfo;
const row: PlanRow = { slot: 0, tokenIds: [1, 2], position: 0, tables: [[1]], sampled: [0, 1] };
const mask = new Int32Array(2);

function check(changes: Partial<PlanRow>, more: object = {}): () => void {
  const plan = { ...makePlan(0, 16, [{ ...row, ...changes }]), ...more };
  return () => checkSteering(plan, info);
}

describe("checkSteering", () => {
  test("takes what fits", () => {
    check({ edits: [[{ tokenId: 39, bias: Number.NEGATIVE_INFINITY }], [{ tokenId: 0 }]], masks: [null, mask] })();
    check({})();
  });

  test("names what does not", () => {
    const edits = [[0, 1, 2, 3].map((tokenId) => ({ tokenId }))];
    expect(check({ edits })).toThrow("a step of 4 edits is over the limit of 3");
    expect(check({ edits: [[{ tokenId: 40 }]] })).toThrow("edit 0 is of token id 40 in a vocabulary of 40");
    expect(check({ edits: [[{ tokenId: -1 }]] })).toThrow("edit 0 is of token id -1");
    for (const wrong of [{ bias: Number.NaN }, { scale: 0 }, { penalty: Number.POSITIVE_INFINITY }]) {
      expect(check({ edits: [[{ tokenId: 5, ...wrong }]] })).toThrow("edit 0 of token id 5 has");
    }
    expect(check({ masks: [mask, mask] }, { maskRows: Int32Array.of(1, 1) })).toThrow("mask 1 is of sample 1 of 2");
    expect(check({ masks: [mask, mask] }, { maskRows: Int32Array.of(0, 2) })).toThrow("mask 1 is of sample 2 of 2");
    expect(check({}, { maskCount: 3 })).toThrow("3 masks of 2 samples");
    expect(check({}, { editCount: 1, edits: { indptr: Int32Array.of(0, 2, 1) } })).toThrow("sample 1 has edits 2 to 1");
  });
});

test("checkCounts names the count and its limit", () => {
  const limits = { maxTokens: 2, maxRequests: 1, groups: [{ window: null }] } as unknown as BackendInfo;
  const plan = makePlan(0, 16, [row]);
  checkCounts(plan, limits);
  expect(() => checkCounts(plan, { ...limits, maxTokens: 1 })).toThrow("a step of 2 tokens is over the limit of 1");
  expect(() => checkCounts(plan, { ...limits, maxRequests: 0 })).toThrow("a step of 1 requests is over the limit of 0");
  expect(() => checkCounts({ ...plan, sampleCount: 3 }, limits)).toThrow("a step of 3 samples is over the limit of 2");
  expect(() => checkCounts(plan, { ...limits, groups: [] })).toThrow("1 block groups, not 0");
});

test("checkSampleRows names a row that the step lacks", () => {
  const plan = makePlan(0, 16, [row]);
  checkSampleRows(plan);
  expect(() => checkSampleRows({ ...plan, sampleRows: Int32Array.of(0, 2) })).toThrow(
    "sample 1 is of token row 2 of 2",
  );
});
