import { describe, expect, test } from "vitest";
import { AssertionError } from "../../../src/assert.ts";
import type { Slots } from "../../../src/scheduler/slots.ts";
import { schedulerOf } from "../../support/scheduler-of.ts";

/** Two running requests and a waiting one, nothing in flight. */
function settled() {
  const driven = schedulerOf({ maxRequests: 2 });
  const requests = [0, 1, 2].map((id) => driven.submit(id));
  driven.step();
  const slots = requests[0].home as Slots;
  return { ...driven, requests, slots, kv: driven.scheduler.kv };
}

describe("checkInvariants", () => {
  test("finds nothing wrong with a scheduler that works", () =>
    expect(() => settled().scheduler.checkInvariants()).not.toThrow());

  test.each<[string, (state: ReturnType<typeof settled>) => unknown, string]>([
    [
      "a request that is nowhere",
      ({ slots }) => slots.running.pop(),
      "1 running + 1 waiting + 0 followers + 0 paused are not the 3 requests",
    ],
    ["a slot of two", ({ requests: [a, b] }) => (a.slot = b.slot), "two running requests have the same slot"],
    [
      "a request that says it runs",
      ({ requests: [, , c] }) => c.become("running"),
      "request 2 is running, the running ones say otherwise",
    ],
    [
      "a request beyond its length",
      ({ slots }) => void ((slots.drawn[0] += 9), (slots.computed[0] += 9), (slots.settled[0] += 9)),
      "request 0 has 7 tokens and 9 on their way, of 10",
    ],
    [
      "computed tokens in flight without a plan",
      ({ slots }) => slots.settled[1]--,
      "request 1 has 1 tokens in 0 plans in flight",
    ],
    [
      "more computed than there is room for",
      ({ slots }) =>
        void ((slots.computed[0] = 9), (slots.settled[0] = 9), (slots.known[0] = 10), (slots.drawn[0] = 10)),
      "request 0 computed 9 tokens in room for 8",
    ],
    [
      "a request of the set that belongs elsewhere",
      ({ requests: [a] }) => (a.failureCount = 1),
      "request 0 decodes as one of the set, its lane is solo",
    ],
    ["a request in no list", ({ slots }) => slots.decoding.length--, "2 requests decode as a set, counted 1"],
    [
      "a reference too many",
      ({ kv, scheduler }) => kv.prefixes.share(scheduler.blockTables(0)![0][0]),
      "has 2 references, 1 tables name it",
    ],
    ["a block that no table names", ({ kv }) => kv.pool.acquire(), "5 blocks are held, tables name 4"],
  ])("finds %s", (_name, spoil, message) => {
    const state = settled();
    spoil(state);
    expect(() => state.scheduler.checkInvariants()).toThrow(AssertionError);
    expect(() => state.scheduler.checkInvariants()).toThrow(message);
  });
});
