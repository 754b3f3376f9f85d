import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { checkSchedulerInvariants } from "../../src/scheduler/invariants.ts";
import { schedulerParts } from "../support/scheduler-parts.ts";

/** Two running requests and a waiting one, nothing in flight. */
function settled() {
  const parts = schedulerParts({ maxRequests: 2 });
  const entries = [0, 1, 2].map((order) => parts.add(order));
  parts.step();
  parts.settlement.commit(parts.plans.newest!.plan, { tokenIds: new Int32Array([7, 8]) }, 0);
  const state = { kv: parts.kv, roster: parts.roster, inFlight: 0 };
  return { ...parts, entries, check: () => checkSchedulerInvariants(state) };
}

describe("checkSchedulerInvariants", () => {
  test("finds nothing wrong with a scheduler that works", () => expect(settled().check).not.toThrow());

  test.each<[string, (state: ReturnType<typeof settled>) => unknown, string]>([
    ["a request that is nowhere", ({ roster }) => roster.pausedCount++, "2 running + 1 waiting + 0 followers + 1 paused are not the 3 requests"],
    ["a slot of two", ({ entries: [a, b] }) => (a.slot = b.slot), "two running requests have the same slot"],
    ["one that says it runs", ({ entries: [, , c] }) => c.become("running"), "request 2 is running, the running ones say otherwise"],
    ["one that waits with computed tokens", ({ entries: [, , c] }) => (c.computedTokenCount = 3), "request 2 is waiting and has a slot or computed tokens"],
    ["one beyond its length", ({ entries: [a] }) => (a.pendingCount = 9), "request 0 is beyond its 10 tokens"],
    ["tokens in flight without a plan", ({ entries: [a] }) => (a.inFlightCount = 1), "request 0 has tokens in flight, no plan is"],
    ["more computed than there is room for", ({ entries: [a] }) => (a.computedTokenCount = 9), "request 0 computed 9 tokens in room for 8"],
    ["a reference too many", ({ entries: [a], kv }) => kv.prefixes.share(a.sequence!.tables[0].ids[0]), "has 2 references, 1 tables name it"],
    ["a block that nobody names", ({ kv }) => kv.pool.acquire(), "5 blocks are held, tables name 4"],
  ])("finds %s", (_name, spoil, message) => {
    const state = settled();
    spoil(state);
    expect(state.check).toThrow(AssertionError);
    expect(state.check).toThrow(message);
  });
});
