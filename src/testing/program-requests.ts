import type { RequestInput } from "../request.ts";
import { mayBranch } from "./branches.ts";
import type { DrivenRequest } from "./driven-request.ts";
import type { PromptSource } from "./prompt-source.ts";
import type { SchedulerProgram } from "./scheduler-program.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { BANNED_IDS, HashMask, type DrivenSteering } from "./steered-token.ts";

/** Where a program's requests come from. `steering`: of edits, masks and scores, apart from all else that is drawn. */
interface RequestDraws {
  readonly random: SeededRandom;
  readonly steering: SeededRandom;
  readonly prompts: PromptSource;
}

/** The next request of a program, and what steers its samples. */
export function drawRequest(
  { random, steering, prompts }: RequestDraws,
  program: SchedulerProgram,
  now: number,
): { readonly input: DrivenRequest["input"]; readonly steering: DrivenSteering | null } {
  const { contextLength, groups, steerRate, drafts } = program;
  const drawn = { ...prompts.draw(contextLength, groups[0].window), ...drawExtras(random, program, now) };
  const branches = mayBranch(program) && drawn.n === 1 && prompts.count % 2 === 0;
  const steered = steering.chance(steerRate) ? drawSteering(steering, !branches) : null;
  const more = steered === null ? {} : steeringInput(steered, drawn.sampling, drafts);
  const scores = !branches && steering.chance(steerRate) ? { promptLogprobs: steering.integer(0, 3) } : {};
  return { input: { ...drawn, branches, ...more, ...scores }, steering: steered };
}

/** Of a request what changes no token: parameters of sampling, and how long it may take. */
function drawExtras(
  random: SeededRandom,
  program: SchedulerProgram,
  now: number,
): Pick<RequestInput, "sampling" | "deadline" | "queueTimeout"> {
  const sampling = random.chance(0.3)
    ? {
        temperature: random.next(),
        topK: random.integer(0, 9),
        topP: 1 - random.next(),
        minP: random.next(),
        seed: 2 ** 40 + random.integer(0, 9),
        logprobs: random.integer(-1, 5),
      }
    : undefined;
  if (!random.chance(program.deadlineRate)) return { sampling };
  return random.chance(0.5)
    ? { sampling, deadline: now + random.integer(1, 100) }
    : { sampling, queueTimeout: random.integer(1, 50) };
}

/** Edits of every kind, and now and then a mask; `masks`: whether it may have one. */
export function drawSteering(random: SeededRandom, masks: boolean): DrivenSteering {
  const isMasked = masks && random.chance(0.5);
  const some = (probability: number, value: number, none: number): number =>
    random.chance(probability) ? value : none;
  return {
    sampling: {
      repetitionPenalty: some(0.5, random.pick([0.5, 2, 4]), 1),
      presencePenalty: some(0.5, random.pick([-0.5, 0.25, 1]), 0),
      frequencyPenalty: some(0.5, random.pick([-0.25, 0.5]), 0),
      logitBias: Object.fromEntries(random.chance(0.7) ? [1, 2, 4, 7].map((id) => [id, 1.5]) : []),
      badTokenIds: random.chance(0.3) ? BANNED_IDS : [],
      minTokens: isMasked ? 0 : some(0.3, random.integer(1, 9), 0),
    },
    maskSeed: isMasked ? random.integer(0, 1000) : null,
  };
}

/** What a request says of it. */
export function steeringInput(
  { sampling, maskSeed }: DrivenSteering,
  given: RequestInput["sampling"],
  forces: boolean,
): Pick<RequestInput, "sampling" | "mask"> {
  const mask = maskSeed === null ? {} : { mask: new HashMask(maskSeed, forces) };
  return { sampling: { ...given, ...sampling }, ...mask };
}
