import { assert } from "../../assert.ts";
import type { RequestInput } from "../../request.ts";
import { Scheduler } from "../../scheduler/scheduler.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type PolicyCase, type PolicyMakers, policyOptions } from "./policy-case.ts";

/** Steps that a request may wait while others keep coming: many times what queues need that let none starve. */
const LIMIT = 2000;
/** Steps before it comes: by then the queue is full, and its client has used more than others. */
const WARM_UP = 20;
/** Others that wait at a time: as many come as are admitted. */
const WAITING = 4;
const CONTEXT_LENGTH = 128;
const BEGINNING = Array.from({ length: 24 }, (_, i) => i);

type Stream = (number: number, now: number) => Partial<RequestInput>;

/** What others have that may let them pass: one kind of it in a run, or a mixture. */
const STREAMS: readonly Stream[] = [
  () => ({}),
  () => ({ priority: -5 }),
  (_, now) => ({ deadline: now + 500 }),
  (number) => ({ client: `new client ${number}` }),
  (number) => ({ client: `client ${number % 3}`, promptTokenIds: [...BEGINNING, number % 50] }),
];

/** What policies promise that claim that no request starves. */
export function starvationCases(makers: PolicyMakers): PolicyCase[] {
  return [
    {
      name: "no request starves while others keep coming",
      run(random) {
        const scheduler = new Scheduler({
          blockCount: 96,
          blockSize: 4,
          tokenBudget: CONTEXT_LENGTH,
          maxRequests: 2,
          contextLength: CONTEXT_LENGTH,
          ...policyOptions(makers, CONTEXT_LENGTH),
        });
        const waited = stepsUntilAdmitted(scheduler, random);
        assert(
          waited < LIMIT,
          () => `a request waited for ${waited} steps, and ${scheduler.stats().submitted - 1} others came`,
        );
      },
    },
  ];
}

/** A long request of low urgency comes among short ones, of which there are always some that wait. */
function stepsUntilAdmitted(scheduler: Scheduler, random: SeededRandom): number {
  const streams = random.chance(0.3) ? STREAMS : [random.pick(STREAMS)];
  const promptTokenIds = Array.from({ length: random.integer(30, 100) }, () => 77);
  let step = 0;
  let count = 0;
  const turn = (): void => {
    step++;
    while (scheduler.stats().waiting < WAITING) {
      const given = random.pick(streams)(count, step);
      const short = { promptTokenIds: [random.integer(0, 50), count % 50], maxTokens: random.integer(1, 3) };
      scheduler.submit({ id: count++, ...short, ...given }, step);
    }
    const plan = scheduler.schedule(step);
    if (plan !== null) scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount) }, step);
  };
  while (step < WARM_UP) turn();
  const input = { id: "starving", promptTokenIds, maxTokens: 20, priority: 5, client: "one" };
  const starving = scheduler.submit(input, step);
  while (starving.state === "waiting" && step < WARM_UP + LIMIT) turn();
  return step - WARM_UP;
}
