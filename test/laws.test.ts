/**
 * The scheduler's laws over random programs: submissions, aborts, stops, pauses, deadlines, failing steps, lost
 * devices, with and without planning ahead, windows, groups, a host tier and a useless hash. `SchedulerDrive` checks
 * them after every command: budget and request limit; each token of a prompt is scheduled exactly once a computation;
 * tokens come once, in order and right; free + cached + held = blockCount; progress; no victim is older than a
 * survivor; no empty step without its reason; all blocks come back.
 *
 * BSTAR_SEED=n runs one program.
 */
import { expect, test } from "vitest";
import { type DriveReport, SchedulerDrive } from "../src/testing/scheduler-drive.ts";
import { drawProgram } from "../src/testing/scheduler-program.ts";
import { soakCount } from "./support/soak.ts";

const only = process.env["BSTAR_SEED"];
/** About 4 ms each on a machine that is not busy. */
const COUNT = soakCount(150);
/** Programs a test: vitest gets its turn between them. */
const SLICE = 250;
const slices =
  only === undefined
    ? Array.from({ length: Math.ceil(COUNT / SLICE) }, (_, i) => [i * SLICE, Math.min((i + 1) * SLICE, COUNT)])
    : [[Number(only), Number(only) + 1]];

function drive(seed: number): DriveReport {
  try {
    return new SchedulerDrive(drawProgram(seed)).run();
  } catch (error) {
    throw new Error(`${(error as Error).message}\nto see it again: BSTAR_SEED=${seed} npm test -- test/laws.test.ts`, {
      cause: error,
    });
  }
}

test.each(slices)("hold after every command of programs %i to %i", (from, to) => {
  const sums: Record<string, number> = {};
  for (let seed = from; seed < to; seed++) {
    const { stats, ends } = drive(seed);
    for (const [name, count] of Object.entries({ ...stats, ...ends })) sums[name] = (sums[name] ?? 0) + count;
  }
  // The programs do what they are for.
  const { preemptions, rollbacks, cachedTokens, recomputedTokens, stop, length, abort, error, refused } = sums;
  if (to - from === SLICE) {
    expect(
      Math.min(preemptions, rollbacks, cachedTokens, recomputedTokens, stop, length, abort, error, refused),
    ).toBeGreaterThan(0);
  }
});

test("a program runs the same way every time, and no other runs so", () => {
  const hashes = [7, 8, 9].map((seed) => drive(seed));
  expect([7, 8, 9].map((seed) => drive(seed))).toEqual(hashes);
  expect(new Set(hashes.map(({ traceHash }) => traceHash)).size).toBe(3);
});
