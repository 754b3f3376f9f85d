import { expect, test } from "vitest";
import { drawProgram } from "../../src/testing/scheduler-program.ts";

test("a seed is one program, and programs are of all kinds", () => {
  expect(drawProgram(3)).toEqual(drawProgram(3));
  const programs = Array.from({ length: 300 }, (_, seed) => drawProgram(seed));
  const kinds = (of: (program: (typeof programs)[number]) => unknown): number => new Set(programs.map(of)).size;
  expect(kinds(({ blockSize }) => blockSize)).toBe(4);
  expect(kinds(({ groups }) => groups.map(({ window }) => window === null).join())).toBe(4);
  for (const rate of ["failRate", "loseDeviceRate", "abortRate", "deadlineRate", "finishRate", "pauseRate"] as const) {
    expect(kinds((program) => program[rate])).toBe(2);
  }
  expect([
    kinds(({ planAhead }) => planAhead),
    kinds(({ constantHash }) => constantHash),
    kinds(({ poisoned }) => poisoned === null),
    kinds(({ hostBlockCount }) => hostBlockCount > 0),
  ]).toEqual([2, 2, 2, 2]);
});
