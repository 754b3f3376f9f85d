import { describe, expect, test } from "vitest";
import { shortfall } from "../../src/scheduler/sequence.ts";
import { ids, sequenceOf } from "../support/scheduler-of.ts";

describe("Sequence", () => {
  test("keeps its own counts while it waits", () => {
    const request = sequenceOf(0);
    request.addPending(2);
    expect([
      request.tokenCount,
      request.pendingCount,
      request.computedTokenCount,
      request.gap,
      request.complete,
    ]).toEqual([6, 2, 0, 8, false]);
    request.append(9);
    expect([request.tokenCount, request.pendingCount, request.outputTokenIds(), request.wasStarted]).toEqual([
      7,
      1,
      [9],
      true,
    ]);
    request.dropLast();
    expect(request.outputTokenIds()).toEqual([]);
  });

  test("is named by its id, and by its choice where that is not the first", () => {
    expect([sequenceOf(3).label, sequenceOf(3, { choice: 2 }).label]).toEqual([3, "3#2"]);
  });

  test("has an array that doubles, up to the most tokens that it may have", () => {
    const request = sequenceOf(0, { promptTokenIds: ids(6), maxTokens: 1000 });
    expect([request.reserveTokens(6).length, request.reserveTokens(55).length, request.maxLength]).toEqual(
      [60, 60, 60].map((length, i) => (i === 2 ? length : expect.any(Number))),
    );
    expect([...request.tokens.subarray(0, 6)]).toEqual(ids(6));
  });

  test("branches with all tokens but the last", () => {
    const request = sequenceOf(0, { branches: true, cacheSalt: "s", adapterId: 2 });
    request.append(7);
    const branch = request.branch(4, 8, 9);
    expect([
      branch.choice,
      branch.order,
      branch.outputTokenIds(),
      branch.maxLength,
      branch.cacheSalt,
      branch.adapterId,
      request.outputTokenIds(),
    ]).toEqual([4, 9, [8], request.maxLength, "s", 2, [7]]);
  });
});

test("shortfall is the number in a deferral", () => {
  expect([
    shortfall({ reason: "blocks", missingBlocks: 3 }),
    shortfall({ reason: "budget", missingTokens: 4 }),
    shortfall({ reason: "requests", limit: 5 }),
    shortfall({ reason: "behind" }),
  ]).toEqual([3, 4, 5, 0]);
});
