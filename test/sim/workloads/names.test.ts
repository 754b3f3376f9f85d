import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import type { Arrival, Workload } from "../../../src/sim/arrival.ts";
import { workloadNamed, WORKLOADS } from "../../../src/sim/workloads/names.ts";

const COUNT = 4000;
const NO_TOKENS = new Int32Array(0);

/** The first requests; each one ends the moment it comes. */
function arrivalsOf(workload: Workload, count = COUNT): Arrival[] {
  return Array.from({ length: count }, () => {
    const arrival = workload.take();
    workload.ended?.(arrival, NO_TOKENS, arrival.at);
    return arrival;
  });
}
const make = (name: string, options: object = {}) => workloadNamed(name, { seed: 1, ...options });

describe.each([...WORKLOADS.keys()])("%s", (name) => {
  test("is the same for the same seed", () => {
    const first = arrivalsOf(make(name), 50);
    expect(arrivalsOf(make(name), 50)).toEqual(first);
    expect(arrivalsOf(make(name, { seed: 2 }), 50)).not.toEqual(first);
  });

  test("comes in order of time, a token at least each way", () => {
    let before = 0;
    for (const { at, promptTokens, outputTokens } of arrivalsOf(
      make(name, { promptTokens: 2, outputTokens: 2 }),
      300,
    )) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(Math.min(promptTokens, outputTokens)).toBeGreaterThanOrEqual(1);
      before = at;
    }
  });

  test.each([
    ["promptTokens", 0],
    ["outputTokens", -3],
    ["lengthCv", -1],
  ])("refuses %s = %d", (option, value) => {
    expect(() => arrivalsOf(make(name, { [option]: value }), 1)).toThrow(new RegExp(`${option} must be`));
  });
});

test.each(["poisson", "gamma", "sessions", "shared-prefix"])("%s keeps its mean rate", (name) => {
  const arrivals = arrivalsOf(make(name, { rate: 5 }));
  expect(Math.abs(COUNT / arrivals.at(-1)!.at / 5 - 1)).toBeLessThan(0.15);
});

test("on-off keeps its mean rate over many phases, and is silent for long", () => {
  const times = arrivalsOf(make("on-off", { rate: 1 }), 20_000).map(({ at }) => at);
  expect(Math.abs(times.length / times.at(-1)! - 1)).toBeLessThan(0.25);
  expect(Math.max(...times.slice(1).map((at, i) => at - times[i]))).toBeGreaterThan(60);
});

test("lengths have the mean and spread that were asked for; a spread of 0 makes them alike", () => {
  const of = (lengthCv: number) => arrivalsOf(make("poisson", { promptTokens: 300, outputTokens: 40, lengthCv }));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean(of(1).map(({ promptTokens }) => promptTokens)) / 300 - 1)).toBeLessThan(0.1);
  expect(new Set(of(0).map(({ promptTokens, outputTokens }) => `${promptTokens} ${outputTokens}`))).toEqual(
    new Set(["300 40"]),
  );
});

test("a rate leaves the lengths alone", () => {
  const lengths = (rate: number) =>
    arrivalsOf(make("gamma", { rate }), 20).map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens]);
  expect(lengths(1)).toEqual(lengths(9));
});

test("closed-loop: a user waits for the answer", () => {
  const workload = make("closed-loop", { concurrency: 2 });
  const [a, b] = [workload.take(), workload.take()];
  expect(workload.nextAt).toBe(Number.POSITIVE_INFINITY);
  workload.ended!(b, NO_TOKENS, 7);
  expect(workload.nextAt).toBe(7);
  expect(workload.take()).toMatchObject({ at: 7, client: b.client });
  workload.ended!(a, null, 9);
  expect(workload.take()).toMatchObject({ at: 9, client: a.client });
});

test("sessions: a turn begins with all that was said, a refused one ends its session", () => {
  const workload = make("sessions", { rate: 0.001 });
  const tokens = Int32Array.of(4, 5, 6);
  const histories: number[][] = [];
  for (let i = 0; i < 40; i++) {
    const arrival = workload.take();
    if (arrival.history !== undefined) {
      histories.push([...arrival.history]);
      expect(arrival.promptTokens).toBeGreaterThan(3);
    }
    workload.ended!(arrival, i % 2 === 0 ? tokens : null, arrival.at);
  }
  expect(histories.length).toBeGreaterThan(5);
  for (const history of histories) expect(history).toEqual([4, 5, 6]);
});

test("shared-prefix: each family begins alike, and all families come", () => {
  const arrivals = arrivalsOf(make("shared-prefix"), 200);
  expect(new Set(arrivals.map(({ pieces }) => pieces![0]))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  for (const { promptTokens, pieceTokens } of arrivals) expect(promptTokens).toBeGreaterThan(pieceTokens!);
});

test("an unknown name lists the known ones", () => {
  expect(() => make("storm")).toThrow(InvalidOptionError);
  expect(() => make("storm")).toThrow(
    'unknown workload "storm"; known: poisson, gamma, on-off, closed-loop, sessions, shared-prefix',
  );
});
