import { expect, test } from "vitest";
import type { Arrival } from "../../src/sim/index.ts";
import { RandomStream } from "../../src/sim/random.ts";
import { poisson } from "../../src/sim/workloads/open.ts";
import { batch, figuresOf, requests, takeFrom } from "../support/simulations.ts";

/** Poisson arrivals with what `more` adds to each. */
function arrivals(
  options: { rate: number; count: number; promptTokens: number; outputTokens: number },
  more: (random: RandomStream) => Partial<Arrival>,
): Arrival[] {
  const random = new RandomStream(2, 99);
  return takeFrom(poisson({ ...options, seed: 1, lengthCv: 0.3 }), options.count).map((arrival) => ({
    ...arrival,
    ...more(random),
  }));
}

test("goodput counts the requests that kept every promise", async () => {
  const loose = await figuresOf({ workload: batch(4, 100, 10), slo: { ttftSeconds: 100, tpotSeconds: 100 } });
  expect(loose.goodput).toMatchObject({ requests: 4, share: 1 });
  expect(loose.goodput!.requestsPerSecond).toBeCloseTo(loose.throughput.requestsPerSecond, 9);
  const tight = await figuresOf({ workload: batch(4, 1000, 10), slo: { ttftSeconds: loose.ttftSeconds.max! } });
  expect(tight.goodput!.requests).toBeLessThan(4);
  expect((await figuresOf({ workload: batch(4, 100, 10) })).goodput).toBeUndefined();
});

test("edf keeps all deadlines below the knee and nearly none beyond it, worse than fcfs there", async () => {
  const missed = async (queue: string, rate: number): Promise<number> => {
    const workload = requests(
      arrivals({ rate, count: 1200, promptTokens: 500, outputTokens: 60 }, (random) => ({
        deadlineSeconds: 3 + 3 * random.uniform(),
      })),
    );
    const { requests: counts } = await figuresOf({ policies: { queue }, workload });
    return 1 - counts.completed / counts.submitted;
  };
  expect(await missed("edf", 12)).toBeLessThan(0.01);
  const [edf, fcfs] = await Promise.all([missed("edf", 50), missed("fcfs", 50)]);
  expect(edf).toBeGreaterThan(0.75);
  expect(edf).toBeGreaterThan(fcfs);
});

test("vtc bounds the gap between two backlogged clients, which fcfs lets grow", async () => {
  const gaps = async (queue: string): Promise<{ half: number; whole: number }> => {
    const service = { flood: 0, small: 0 };
    const history: number[] = [];
    const workload = requests(
      arrivals({ rate: 40, count: 1200, promptTokens: 500, outputTokens: 60 }, (random) => ({
        client: random.uniform() < 0.65 ? "flood" : "small",
      })),
    );
    await figuresOf({
      policies: { queue },
      workload,
      observe(_plan, outcome, now) {
        for (let i = 0; i < outcome.tokenCount; i++) {
          const { client, outputTokenCount, promptTokenCount } = outcome.requests[i];
          service[client as "flood" | "small"] += 2 + (outputTokenCount === 1 ? promptTokenCount : 0);
        }
        // Both have requests waiting from the first seconds until the arrivals end at 30 s.
        if (now > 5 && now < 30) history.push(service.flood - service.small);
      },
    });
    const spread = (part: number[]): number => Math.max(...part) - Math.min(...part);
    return { half: spread(history.slice(0, history.length / 2)), whole: spread(history) };
  };
  const [fcfs, vtc] = await Promise.all([gaps("fcfs"), gaps("vtc")]);
  expect(fcfs.whole).toBeGreaterThan(1.5 * fcfs.half);
  expect(vtc.whole).toBeLessThan(fcfs.whole / 5);
});
