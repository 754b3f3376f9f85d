import type { SchedulerOptions } from "../../scheduler/options.ts";
import { SchedulerDrive } from "../scheduler-drive.ts";
import { drawProgram, type SchedulerProgram } from "../scheduler-program.ts";
import { type PolicyCase, type PolicyMakers, policyOptions } from "./policy-case.ts";

/** The policies in the production scheduler, under random programs with faults. */
export function schedulerCases(makers: PolicyMakers): PolicyCase[] {
  return [
    {
      name: "in the scheduler, every request ends once with exactly its tokens, and all blocks come back",
      run(random) {
        const { program, options } = settingOf(makers, drawProgram(random.integer(0, 2 ** 31)));
        new SchedulerDrive(program, options).run();
      },
    },
  ];
}

/**
 * Least tokens a step where requests lose what they have, over and over: with fewer, a long one does not get anywhere
 * in between.
 */
const MIN_TOKENS = 8;

/** The program, but where requests are interrupted, steps are large enough for them to end nevertheless. */
export function withoutTinySteps(program: SchedulerProgram): SchedulerProgram {
  if (program.pauseRate === 0 && program.loseDeviceRate === 0) return program;
  return { ...program, tokenBudget: Math.max(MIN_TOKENS, program.tokenBudget), longPrefillThreshold: undefined };
}

/** Policies, and a program under which they can bring every request to its end. */
export function settingOf(
  makers: PolicyMakers,
  drawn: SchedulerProgram,
): { program: SchedulerProgram; options: Partial<SchedulerOptions> } {
  const large = withoutTinySteps(drawn);
  // A prompt that may not be divided has to fit a step, or is rightly refused.
  const isWhole = makers.chunking?.().wholePrompts === true;
  const program = isWhole ? { ...large, tokenBudget: Math.max(large.tokenBudget, large.contextLength) } : large;
  return { program, options: policyOptions(makers, program.tokenBudget) };
}
