import type { SchedulerOptions } from "../../scheduler/options.ts";
import { SchedulerDrive } from "../scheduler-drive.ts";
import { drawProgram, type SchedulerProgram } from "../scheduler-program.ts";
import type { PolicyCase, PolicyMakers } from "./policy-case.ts";

/** The policies in the production scheduler, under random programs with faults. */
export function schedulerCases(makers: PolicyMakers): PolicyCase[] {
  return [
    {
      name: "in the scheduler, every request ends once with exactly its tokens, and all blocks come back",
      run(random) {
        const drawn = withoutTinySteps(drawProgram(random.integer(0, 2 ** 31)));
        const options = optionsOf(makers, drawn);
        // A prompt that may not be divided has to fit a step, or is rightly refused.
        const program = options.chunking?.wholePrompts === true ? { ...drawn, tokenBudget: Math.max(drawn.tokenBudget, drawn.contextLength) } : drawn;
        new SchedulerDrive(program, optionsOf(makers, program)).run();
      },
    },
  ];
}

/** Least tokens a step where requests lose what they have, over and over: with fewer, a long one does not get anywhere in between. */
const MIN_TOKENS = 8;

/** The program, but where requests are interrupted, steps are large enough for them to end nevertheless. */
export function withoutTinySteps(program: SchedulerProgram): SchedulerProgram {
  if (program.pauseRate === 0 && program.loseDeviceRate === 0) return program;
  return { ...program, tokenBudget: Math.max(MIN_TOKENS, program.tokenBudget), longPrefillThreshold: undefined };
}

function optionsOf(makers: PolicyMakers, { tokenBudget }: SchedulerProgram): Partial<SchedulerOptions> {
  const { queue, admission, preemption, chunking, budget, eviction } = makers;
  return {
    queue: queue?.(),
    admission: admission?.(),
    preemption: preemption?.(),
    chunking: chunking?.(),
    budget: budget?.(tokenBudget),
    eviction: eviction?.(),
  };
}
