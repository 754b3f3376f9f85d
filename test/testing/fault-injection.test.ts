import { describe, expect, test } from "vitest";
import type { BackendSizes } from "../../src/testing/index.ts";
import { faultInjection, injectFaults } from "../../src/testing/fault-injection.ts";
import { BACKEND_MUTANTS } from "../support/backend-mutants/index.ts";
import { PLANTED_FAULTS } from "../support/planted/faults.ts";
import { plantedText, withPlanted } from "../support/planted/plant.ts";
import { soakCount } from "../support/soak.ts";
import { ToyBackend } from "../support/toy-backend.ts";

const SEEDS = soakCount(40);

/** Seeds a test: a name that says where it failed. */
const SLICE = 200;

test.each(Array.from({ length: Math.ceil(SEEDS / SLICE) }, (_, i) => i * SLICE))(
  "every request of seeds from %i ends once, with the right tokens, and all blocks come back",
  async (first) => {
    const faults: Record<string, number> = {};
    for (let seed = first; seed < Math.min(first + SLICE, SEEDS); seed++) {
      const report = await injectFaults(seed);
      for (const [fault, count] of Object.entries({ ...report.faults, ...report.ends })) {
        faults[fault] = (faults[fault] ?? 0) + count;
      }
    }
    // The seeds do what they are for: every kind of fault and of end is among them.
    for (const kind of [
      "failed",
      "lost",
      "lost idle",
      "unrecovered",
      "abort",
      "leave",
      "pause",
      "queue_full",
      "infeasible_request",
      "length",
      "stop",
      "error",
    ]) {
      expect(faults[kind], kind).toBeGreaterThan(0);
    }
  },
);

test("20 seeds decide what they decided before; where a change is meant, `npx vitest run test/testing/fault-injection.test.ts -u` writes the new hashes", async () => {
  const lines: string[] = [];
  for (let seed = 0; seed < 20; seed++) lines.push(`${seed} ${(await injectFaults(seed)).decisionHash}`);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../support/decision-hashes.txt");
});

test("the same seed gives the same report", async () => {
  expect(await injectFaults(7)).toEqual(await injectFaults(7));
});

describe("faultInjection", () => {
  test("runs seed after seed and sums up", async () => {
    const done: number[] = [];
    const { seed, seeds, ends } = await faultInjection({ seed: 3, seeds: 4, onSeed: (count) => done.push(count) });
    expect([seed, seeds, done]).toEqual([3, 4, [1, 2, 3, 4]]);
    expect(ends["length"]).toBeGreaterThan(0);
  });

  test("draws a seed where it is given none, and names it", async () => {
    const seeds = [(await faultInjection({ seeds: 1 })).seed, (await faultInjection({ seeds: 1 })).seed];
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  test("tries the policies that it is given, and names the seed where they break a law", async () => {
    const policies = { preemption: () => ({ name: "nobody", victim: () => undefined as never }) };
    await expect(faultInjection({ seed: 0, seeds: 50, policies })).rejects.toThrow(
      /^seed \d+: .*; replay: faultInjection\(\{ seed: \d+, seeds: 1 \}\) with the same options/,
    );
  });
});

describe("faultInjection of backends", () => {
  test.each([[[null]], [[6]], [[null, 6]]])("a right one with windows of %s passes", async (windows) => {
    const groups = windows.map((window) => ({ window }));
    const backend = (sizes: BackendSizes) => new ToyBackend({ ...sizes, groups });
    const { ends, faults } = await faultInjection({ seed: 0, seeds: 8, backend });
    expect(ends["length"]).toBeGreaterThan(0);
    expect(faults["failed"]).toBeGreaterThan(0);
    expect(await faultInjection({ seed: 0, seeds: 8, backend })).toMatchObject({ ends, faults });
  });

  test.each([
    "an entry is never written again",
    "a ring is read without modulo",
    "swap-ins come before swap-outs",
    "every sample fed back is the first",
  ])("a planted bug is found: %s", async (name) => {
    const { Backend, groups } = BACKEND_MUTANTS.find(({ bug }) => bug === name)!;
    const backend = (sizes: BackendSizes) => new Backend({ ...sizes, groups });
    await expect(faultInjection({ seed: 0, seeds: 100, backend })).rejects.toThrow(/^seed \d+: /);
  });

  test("takes the policies that it is given, too", async () => {
    const policies = { preemption: () => ({ name: "nobody", victim: () => undefined as never }) };
    const backend = (sizes: BackendSizes) => new ToyBackend(sizes);
    await expect(faultInjection({ seed: 0, seeds: 50, policies, backend })).rejects.toThrow(/^seed \d+: /);
  });
});

describe("planted bugs", () => {
  test.each(PLANTED_FAULTS)("src still has the text of: $bug", (fault) => {
    expect(plantedText(fault)).toContain(fault.put);
  });

  // A sample: `npm run mutants -- --faults` hunts them all.
  test.each([
    "the salt is dropped from the domain",
    "a window gives its blocks back one token early",
    "the masks of two samples are swapped",
  ])("fault injection finds: %s", async (bug) => {
    const found = withPlanted(
      PLANTED_FAULTS.find((fault) => fault.bug === bug)!,
      async (inject) => {
        for (let seed = 0; seed < 20; seed++) await inject(seed);
      },
    );
    await expect(found).rejects.toThrow(/^seed \d+: /);
  });
});
