import type { Sequence } from "../scheduler/sequence.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { DrivenRequest } from "./driven-request.ts";
import type { SchedulerProgram } from "./scheduler-program.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Choices of one request: as many as a wide beam search has. */
const MAX_CHOICES = 6;

/** Whether requests of the program may branch. */
export function mayBranch({ branchRate, branchesAnywhere, groups }: SchedulerProgram): boolean {
  return branchRate > 0 && (branchesAnywhere || groups.every((group) => group.window === null));
}

/**
 * A random request goes on twice, the second time with another last token, as a beam does. Null where none of `live`
 * may, or the chosen one has branched often enough.
 */
export function branchOne(
  scheduler: Scheduler,
  live: readonly DrivenRequest[],
  context: { readonly program: SchedulerProgram; readonly random: SeededRandom; readonly now: number },
): DrivenRequest | null {
  const { program, random, now } = context;
  const parents = live.filter(({ entry }) => isBeam(entry) && (program.branchesAnywhere || entry.inFlightCount === 0));
  if (parents.length === 0) return null;
  // What a plan in flight computes for the parent is the branch's, too: these are the ones to look at.
  const busy = parents.filter(({ entry }) => entry.inFlightCount > 0);
  const { input, entry: parent, allowedEnds, steering } = random.pick(busy.length > 0 ? busy : parents);
  const choices = live.filter((request) => request.input.id === input.id).map(({ entry }) => entry.choice);
  const choice = 1 + Math.max(...choices);
  if (choice >= MAX_CHOICES) return null;
  const tokenId = random.integer(0, 9);
  const entry = scheduler.branch(input.id, parent.choice, { choice, tokenId }, now) as Sequence;
  const given = [...parent.outputTokenIds().slice(0, -1), tokenId];
  const branch = new DrivenRequest(input, entry, program.groups[0].window, given, steering);
  for (const reason of allowedEnds) if (reason === "error") branch.allowedEnds.add(reason);
  return branch;
}

function isBeam({ branches, pendingCount, outputTokenCount }: Sequence): boolean {
  return branches && pendingCount === 0 && outputTokenCount > 0;
}
