import { describe, expect, test } from "vitest";
import { DecisionLog } from "../../../src/scheduler/inspect/decision-log.ts";
import { chromeTrace } from "../../../src/scheduler/inspect/trace.ts";

function logOf(): DecisionLog {
  const log = new DecisionLog(20);
  log.note("submit", 1, 0, "a", 6);
  log.note("admit", 2, 0, "a", 4);
  log.note("issue", 2, 0, null, 2);
  log.note("chunk", 2, 0, "a", 2);
  log.note("defer", 2, 0, 7, 3, "blocks");
  log.note("commit", 2.5, 0, null, 1);
  return log;
}

describe("chromeTrace", () => {
  const events = chromeTrace(logOf(), 1e6);

  test("has a track for the steps and one for each request", () => {
    expect(events.filter(({ ph }) => ph === "M").map(({ tid, args }) => [tid, args.name])).toEqual([
      [0, "steps"],
      [1, "request a"],
      [2, "request 7"],
    ]);
  });

  test("a step lasts from its plan to its commit", () => {
    expect(events.filter(({ ph }) => ph === "X")).toEqual([
      { name: "step 0", ph: "X", ts: 2e6, dur: 5e5, pid: 0, tid: 0, args: { tokens: 2, delivered: 1 } },
    ]);
  });

  test("decisions are marks on their request's track, tokens a counter", () => {
    expect(events.filter(({ ph }) => ph === "i").map(({ name, ts, tid, args }) => [name, ts, tid, args.value])).toEqual(
      [
        ["submit", 1e6, 1, 6],
        ["admit", 2e6, 1, 4],
        ["chunk", 2e6, 1, 2],
        ["defer: blocks", 2e6, 2, 3],
      ],
    );
    expect(events.find(({ ph }) => ph === "C")).toMatchObject({ name: "tokens", ts: 2e6, args: { tokens: 2 } });
  });

  test("is JSON, and leaves out a step whose beginning is overwritten", () => {
    const log = new DecisionLog(1);
    log.note("issue", 1, 4, null, 2);
    log.note("commit", 2, 4, null, 1);
    expect(chromeTrace(log, 1).some(({ ph }) => ph === "X")).toBe(false);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });
});
