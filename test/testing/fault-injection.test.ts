import { expect, test } from "vitest";
import { injectFaults } from "../../src/testing/fault-injection.ts";
import { soakCount } from "../support/soak.ts";

const SEEDS = soakCount(400);

/** Seeds a test: a name that says where it failed. */
const SLICE = 200;

test.each(Array.from({ length: Math.ceil(SEEDS / SLICE) }, (_, i) => i * SLICE))("every request of seeds from %i ends once, with the right tokens, and all blocks come back", async (first) => {
  const faults: Record<string, number> = {};
  for (let seed = first; seed < Math.min(first + SLICE, SEEDS); seed++) {
    const report = await injectFaults(seed);
    for (const [fault, count] of Object.entries({ ...report.faults, ...report.ends })) faults[fault] = (faults[fault] ?? 0) + count;
  }
  // The seeds do what they are for: every kind of fault and of end is among them.
  for (const kind of ["failed", "lost", "lost idle", "unrecovered", "abort", "leave", "pause", "queue_full", "infeasible_request", "length", "stop", "error"]) expect(faults[kind], kind).toBeGreaterThan(0);
});

test("20 seeds decide what they decided before; where a change is meant, `npx vitest run test/testing/fault-injection.test.ts -u` writes the new hashes", async () => {
  const lines: string[] = [];
  for (let seed = 0; seed < 20; seed++) lines.push(`${seed} ${(await injectFaults(seed)).decisionHash}`);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../support/decision-hashes.txt");
});

test("the same seed gives the same report", async () => {
  expect(await injectFaults(7)).toEqual(await injectFaults(7));
});
