import { expect, test } from "vitest";
import { mayBranch } from "../../src/testing/branches.ts";
import { SchedulerDrive } from "../../src/testing/scheduler-drive.ts";
import { drawProgram } from "../../src/testing/scheduler-program.ts";

/** Programs of `npm run faults` in which requests branch. */
const PROGRAMS = Array.from({ length: 200 }, (_, seed) => drawProgram(seed)).filter(mayBranch);

test("some programs branch, and more is submitted than they draw", () => {
  expect(PROGRAMS.length).toBeGreaterThan(20);
  const submitted = (branchRate: number): number =>
    PROGRAMS.slice(0, 20).reduce(
      (sum, program) => sum + new SchedulerDrive({ ...program, branchRate }).run().stats.submitted,
      0,
    );
  expect(submitted(0.5)).toBeGreaterThan(submitted(1e-9));
});

test("no request branches behind windows unless it may do so anywhere", () => {
  const windowed = { ...PROGRAMS[0], groups: [{ window: 4 }], branchesAnywhere: false };
  expect([
    mayBranch(windowed),
    mayBranch({ ...windowed, branchesAnywhere: true }),
    mayBranch({ ...PROGRAMS[0], branchRate: 0 }),
  ]).toEqual([false, true, false]);
});
