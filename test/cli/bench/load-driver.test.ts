import { describe, expect, test } from "vitest";
import { drive, MAX_IN_FLIGHT } from "../../../src/cli/bench/load-driver.ts";
import { type Arrival, ClosedLoop, poisson, type Workload } from "../../../src/sim/index.ts";

/** A clock that only sleeping moves. */
function virtualTime() {
  let now = 0;
  return {
    clock: () => now,
    sleep: async (seconds: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      now += seconds;
    },
  };
}

/** Drives a workload; what was sent when. */
async function run(workload: Workload, requests: number, answer: () => Promise<void>) {
  const { clock, sleep } = virtualTime();
  const sent: { readonly arrival: Arrival; readonly at: number }[] = [];
  const send = (arrival: Arrival): Promise<void> => {
    sent.push({ arrival, at: clock() });
    return answer();
  };
  await drive(workload, { requests, send, signal: new AbortController().signal, clock, sleep });
  return sent;
}

describe("drive", () => {
  test("an open loop sends at the workload's times, whatever becomes of those before", async () => {
    let finish!: () => void;
    const never = new Promise<void>((resolve) => (finish = resolve));
    let count = 0;
    const sent = await run(poisson({ rate: 3, seed: 5 }), 20, () => {
      if (++count === 20) finish();
      return never;
    });
    const wanted = poisson({ rate: 3, seed: 5 });
    for (const { at } of sent) expect(at).toBeCloseTo(wanted.take().at, 9);
    expect(sent).toHaveLength(20);
  });

  test("users of a closed loop have one request each at a time", async () => {
    let running = 0;
    let most = 0;
    const sent = await run(new ClosedLoop({ concurrency: 3, seed: 1 }), 10, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    expect([sent.length, most]).toEqual([10, 3]);
  });

  test("more requests than sockets may be wait for an answer", async () => {
    let running = 0;
    let most = 0;
    let finish!: () => void;
    const full = new Promise<void>((resolve) => (finish = resolve));
    const sent = await run(poisson({ rate: 1e9, seed: 1 }), MAX_IN_FLIGHT + 10, async () => {
      most = Math.max(most, ++running);
      if (running === MAX_IN_FLIGHT) setImmediate(finish);
      await full;
      running--;
    });
    expect([sent.length, most]).toEqual([MAX_IN_FLIGHT + 10, MAX_IN_FLIGHT]);
  });

  test("nothing is sent after an abort", async () => {
    const controller = new AbortController();
    const { clock, sleep } = virtualTime();
    let sent = 0;
    const send = async (): Promise<void> => {
      if (++sent === 4) controller.abort();
    };
    await drive(poisson({ rate: 1, seed: 1 }), { requests: 100, send, signal: controller.signal, clock, sleep });
    expect(sent).toBe(4);
  });
});
