import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../../src/roofline/index.ts";
import {
  Fleet,
  leastLoaded,
  poisson,
  prefixAware,
  roundRobin,
  type RoutePolicy,
  Sessions,
  simulate,
  simulateFleet,
  type SimulationSummary,
  type Workload,
} from "../../../src/sim/index.ts";

const SETUP = { gpu: gpuNamed("a100-80gb"), shape: modelNamed("llama-2-7b") };

async function run(
  workload: Workload,
  replicas: number,
  route?: RoutePolicy,
  maxArrivals = 300,
): Promise<SimulationSummary> {
  const { summary } = await simulateFleet({ ...SETUP, workload, replicas, route, maxArrivals });
  return { ...summary, loopSeconds: 0 };
}
const load = (rate: number) => poisson({ rate, seed: 1, promptTokens: 400, outputTokens: 60 });

test("one replica is a run without a router", async () => {
  const alone = await simulate({ ...SETUP, workload: load(4), maxArrivals: 100 });
  expect(await run(load(4), 1, undefined, 100)).toEqual({ ...alone.summary, loopSeconds: 0 });
});

test("every request runs once, and the same options give the same run", async () => {
  const first = await run(load(20), 3, leastLoaded());
  expect(first.requests).toEqual({ submitted: 300, completed: 300, rejected: 0, clipped: 0, dropped: 0 });
  expect(await run(load(20), 3, leastLoaded())).toEqual(first);
});

test("twice the replicas under twice the load are as fast, and cost twice as much", async () => {
  const [one, two] = [await run(load(4), 1), await run(load(8), 2, roundRobin(), 600)];
  expect(two.tpotSeconds.mean! / one.tpotSeconds.mean!).toBeCloseTo(1, 1);
  expect(two.throughput.outputTokensPerSecond / one.throughput.outputTokensPerSecond).toBeCloseTo(2, 0);
  expect(two.cost.dollarsPerDay).toBe(2 * one.cost.dollarsPerDay);
  expect(two.kv.blockCount).toBe(2 * one.kv.blockCount);
});

describe("a better policy against one more GPU", () => {
  const sessions = () =>
    new Sessions({ rate: 6, seed: 2, promptTokens: 600, outputTokens: 80, turns: 8, thinkSeconds: 4 });
  test("sending a session's turns to one replica finds what they share", async () => {
    const [turns, aware] = [await run(sessions(), 3, roundRobin(), 500), await run(sessions(), 3, prefixAware(), 500)];
    expect(aware.kv.prefixHitRate).toBeGreaterThan(1.2 * turns.kv.prefixHitRate);
    expect(aware.ttftSeconds.mean!).toBeLessThan(turns.ttftSeconds.mean!);
  });

  test("fewest requests first is no slower than each in turn where lengths differ", async () => {
    const varied = () => poisson({ rate: 12, seed: 3, promptTokens: 800, outputTokens: 200, lengthCv: 2 });
    const [turns, least] = [await run(varied(), 2, roundRobin()), await run(varied(), 2, leastLoaded())];
    expect(least.e2eSeconds.mean!).toBeLessThanOrEqual(turns.e2eSeconds.mean!);
  });
});

test("a policy of one's own is asked once a request; a choice that is none is an assertion", async () => {
  const seen: number[] = [];
  const mine: RoutePolicy = { name: "mine", route: (_, replicas) => seen.push(replicas[0].requestCount) % 2 };
  await run(load(20), 2, mine, 50);
  expect(seen).toHaveLength(50);
  expect(Math.max(...seen)).toBeGreaterThan(0);
  await expect(run(load(1), 2, { name: "far", route: () => 2 }, 5)).rejects.toThrow(/route far chose replica 2 of 2/);
});

test("the number of replicas has a bound", () => {
  for (const replicas of [0, 1.5, 257]) {
    expect(() => new Fleet({ ...SETUP, workload: load(1), replicas })).toThrow(InvalidOptionError);
  }
});
