import { describe, expect, test } from "vitest";
import type { StepPlan } from "../../src/step.ts";
import { issueRows, retractRows } from "../../src/testing/plan-laws.ts";
import { changed, plannedRequests, replaced } from "../support/planned-requests.ts";

describe("issueRows", () => {
  test("notes what a plan computes of each request, and takes it back", () => {
    const { requests, plan, limits } = plannedRequests();
    const rows = issueRows(plan, requests, limits);
    expect(
      rows.map(({ request, tokenCount, sampled }) => [
        request.input.id,
        tokenCount,
        sampled.map((each) => each.request === request),
      ]),
    ).toEqual([
      [0, 5, [true]],
      [1, 3, [true]],
    ]);
    expect(requests.map(({ computed, pending, sample }) => [computed, pending, sample])).toEqual([
      [5, 1, { plan: 0, index: 0 }],
      [3, 1, { plan: 0, index: 1 }],
    ]);
    retractRows(rows);
    expect(requests.map(({ computed, pending, sample }) => [computed, pending, sample.plan])).toEqual([
      [0, 0, -1],
      [0, 0, -1],
    ]);
  });

  const group = (plan: StepPlan, changes: object) => [
    { ...plan.groups[0], stride: plan.groups[0].stride, tables: plan.groups[0].tables, ...changes },
  ];
  const wrongs: [string, (plan: StepPlan) => Partial<StepPlan>, string][] = [
    ["beyond the budget", () => ({ tokenCount: 17 }), "plan 0 has 17 tokens, the budget is 16"],
    ["empty", () => ({ tokenCount: 0 }), "plan 0 has 0 tokens, the budget is 16"],
    ["of too many requests", () => ({ requestCount: 5 }), "plan 0 has 5 requests, the limit is 4"],
    [
      "of a slot that nobody has",
      ({ requestSlots }) => ({ requestSlots: replaced(requestSlots, 1, 3) }),
      "plan 0: slot 3 belongs to no running request",
    ],
    [
      "with a wrong id",
      ({ tokenIds }) => ({ tokenIds: replaced(tokenIds, 6, 99) }),
      "plan 0: request 1 has token 99 at 1, not 11",
    ],
    [
      "that leaves a token out",
      ({ positions }) => ({ positions: replaced(positions, 1, 2) }),
      "plan 0: request 0 computes position 2, 1 comes next",
    ],
    [
      "that says a wrong length",
      ({ contextLengths }) => ({ contextLengths: replaced(contextLengths, 0, 4) }),
      "plan 0: request 0 sees 4 tokens, it has 5",
    ],
    [
      "with another's adapter",
      ({ adapterIds }) => ({ adapterIds: replaced(adapterIds, 0, 7) }),
      "plan 0: request 0 runs with adapter 7",
    ],
    [
      "that samples the wrong row",
      ({ sampleRows }) => ({ sampleRows: replaced(sampleRows, 1, 6) }),
      "plan 0: request 1 is not sampled at its last token",
    ],
    [
      "that samples one too often",
      ({ sampleIndptr }) => ({ sampleIndptr: replaced(sampleIndptr, 2, 3), sampleCount: 3 }),
      "plan 0: request 1 is sampled 2 times at 3 of 3 tokens",
    ],
    [
      "that writes a slot twice",
      (plan) => ({
        groups: group(plan, { slotMapping: replaced(plan.groups[0].slotMapping, 1, plan.groups[0].slotMapping[0]) }),
      }),
      "is written twice",
    ],
    [
      "that writes to NULL_BLOCK",
      (plan) => ({ groups: group(plan, { slotMapping: replaced(plan.groups[0].slotMapping, 0, 1) }) }),
      "plan 0: token 0 goes to slot 1",
    ],
    [
      "that copies two blocks to one",
      () => ({ copyCount: 2, copies: new Int32Array([1, 9, 2, 9]) }),
      "plan 0 moves two blocks to one",
    ],
    [
      "that copies from a target",
      () => ({ copyCount: 2, copies: new Int32Array([1, 2, 2, 3]) }),
      "plan 0 copies from block 2, to which it copies",
    ],
  ];

  test.each(wrongs)("finds a plan %s", (_name, change, message) => {
    const { requests, plan, limits } = plannedRequests();
    expect(() => issueRows(changed(plan, change(plan)), requests, limits)).toThrow(message);
  });

  test("finds a chunk beyond the threshold, and tokens computed again", () => {
    const { requests, plan, limits } = plannedRequests();
    expect(() => issueRows(plan, requests, { ...limits, longPrefillThreshold: 4 })).toThrow(
      "plan 0: request 0 has 5 tokens, 1 to 4 are allowed",
    );
    const twice = plannedRequests();
    issueRows(twice.plan, twice.requests, limits);
    expect(() => issueRows(twice.plan, twice.requests, limits)).toThrow(
      "plan 0: request 0 computes position 0, 5 comes next",
    );
  });

  test("a token that is still on the device is the sample of the plan before", () => {
    const { scheduler, requests, plan, limits } = plannedRequests();
    issueRows(plan, requests, limits);
    const next = scheduler.schedule(0)!;
    expect(issueRows(next, requests, limits).map(({ tokenCount }) => tokenCount)).toEqual([1, 1]);
    for (const request of requests) request.computed = 5 - 2 * Number(request.input.id);
    expect(() => issueRows(changed(next, { tokenIds: replaced(next.tokenIds, 0, ~1) }), requests, limits)).toThrow(
      "request 0 has input -2 at 5",
    );
  });
});
