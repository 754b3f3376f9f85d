/**
 * What policies, backends and listeners give is checked where it is used; one that is wrong is named, and nothing is
 * lost.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError, InvalidPolicyError, InvalidResultError } from "../../src/errors.ts";
import { measured } from "../../src/policies/budget/measured.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { vtc } from "../../src/policies/queue/vtc.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { promptOf, setUp } from "../support/engines.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

/** A policy whose answer is wrong once, in the n-th call. */
function wrongOnce<T>(at: number, right: (...args: never[]) => T, wrong: unknown): (...args: never[]) => T {
  let calls = 0;
  return (...args) => (++calls === at ? (wrong as T) : right(...args));
}

const badNumbers: unknown[] = [5.5, Number.NaN, -1, Number.POSITIVE_INFINITY, null, undefined, true, 3n, "3"];

describe("a policy that answers wrongly is named, and the scheduler goes on when it answers rightly again", () => {
  const cases: [string, number, (wrong: unknown, at: number) => Partial<SchedulerOptions>, unknown[]][] = [
    [
      "budget policy odd",
      3,
      (wrong, at) => ({ budget: { name: "odd", maxTokens: 16, tokens: wrongOnce(at, () => 16, wrong) } }),
      [...badNumbers, 0, 17],
    ],
    [
      "admission policy odd",
      1,
      (wrong, at) => ({ admission: { name: "odd", missingBlocks: wrongOnce(at, () => 0, wrong) } }),
      badNumbers,
    ],
    [
      "chunk policy odd",
      2,
      (wrong, at) => ({
        chunking: {
          name: "odd",
          chunk: wrongOnce(
            at,
            (_: unknown, gap: number, { remaining }: { remaining: number }) => Math.min(gap, remaining),
            wrong,
          ),
        },
      }),
      badNumbers,
    ],
    [
      "drafter odd",
      2,
      (wrong, at) => ({ drafter: { name: "odd", propose: wrongOnce(at, () => [], wrong) } }),
      [[-1], [1.5], [Number.NaN], undefined, Array.from({ length: 20 }, () => 1)],
    ],
    [
      "queue policy odd",
      2,
      (wrong, at) => ({ queue: oddQueue(wrong, at) }),
      [undefined, null, 3n, {}, { id: 99, state: "waiting", tokens: [1] }],
    ],
    [
      "preemption policy odd",
      3,
      (wrong, at) => ({
        preemption: { name: "odd", victim: (all) => all.at(-1)!, rank: wrongOnce(at, () => 0, wrong) },
      }),
      [Number.NaN, 3n, null, "3", undefined],
    ],
    ["the hash", 2, (wrong, at) => ({ hash: wrongOnce(at, () => 1, wrong) as never }), [3n, null, undefined, "3"]],
    [
      "eviction policy odd",
      1,
      (wrong, at) => ({ blockCount: 6, eviction: oddEviction(wrong, at) }),
      [0, 1.5, 99, undefined, null, 3n, "3", true],
    ],
  ];

  function oddQueue(wrong: unknown, at: number) {
    const inner = fcfs();
    return {
      name: "odd",
      add: inner.add.bind(inner),
      remove: inner.remove.bind(inner),
      next: wrongOnce(at, (now: number) => inner.next(now), wrong),
      get size() {
        return inner.size;
      },
    };
  }

  function oddEviction(wrong: unknown, at: number) {
    const inner = lru();
    return {
      name: "odd",
      attach: inner.attach.bind(inner),
      add: inner.add.bind(inner),
      remove: inner.remove.bind(inner),
      victim: wrongOnce(at, () => inner.victim(), wrong),
    };
  }

  test.each(cases.flatMap(([name, at, make, wrongs]) => wrongs.map((wrong) => [name, wrong, at, make] as const)))(
    "%s, with %o",
    (name, wrong, at, make) => {
      const { scheduler, submit, commit } = schedulerOf(make(wrong, at));
      const requests = [0, 1, 2].map((id) => submit(id, { promptTokenIds: ids(9, id), maxTokens: 5 }));
      const errors: unknown[] = [];
      for (let step = 0; step < 80 && scheduler.size > 0; step++) {
        try {
          const plan = scheduler.schedule(0);
          if (plan !== null) commit(plan);
        } catch (error) {
          errors.push(error);
        }
        scheduler.checkInvariants();
      }
      expect(errors.map((error) => [error instanceof InvalidPolicyError, String(error).includes(name)])).toEqual([
        [true, true],
      ]);
      expect(requests.map((request) => [request.finishReason, request.outputTokenCount])).toEqual([
        ["length", 5],
        ["length", 5],
        ["length", 5],
      ]);
      expect(scheduler.stats().heldBlocks).toBe(0);
    },
  );

  test.each([undefined, {}, null])("a preemption policy that names %o", (wrong) => {
    const { scheduler, submit, commit } = schedulerOf({
      blockCount: 6,
      admission: { name: "any", missingBlocks: () => 0 },
      preemption: { name: "odd", victim: wrongOnce(1, (running: never[]) => running[running.length - 1], wrong) },
    });
    submit(0, { promptTokenIds: ids(8), maxTokens: 9 });
    submit(1, { promptTokenIds: ids(8, 1), maxTokens: 9 });
    const errors: string[] = [];
    for (let step = 0; step < 80 && scheduler.size > 0; step++) {
      try {
        const plan = scheduler.schedule(0);
        if (plan !== null) commit(plan);
      } catch (error) {
        errors.push(String(error));
      }
      scheduler.checkInvariants();
    }
    expect([errors.length, errors[0], scheduler.size]).toEqual([
      1,
      expect.stringContaining("preemption policy odd named") as string,
      0,
    ]);
  });

  test.each(badNumbers)(
    "in an engine: a budget of %s ends the requests with an error that names it, and dispose() returns",
    async (tokens) => {
      const { engine } = setUp({ budget: { name: "odd", maxTokens: 16, tokens: () => tokens as number } });
      const answer = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 4 }).completion();
      expect(String((await answer).choices[0].error)).toContain("budget policy odd gave");
      await engine.dispose();
    },
  );
});

describe("a policy option", () => {
  test.each<[Partial<Record<keyof SchedulerOptions, unknown>>, string]>([
    [{ queue: vtc }, "queue is a function: call it, as in queue: vtc()"],
    [{ eviction: lru }, "eviction is a function: call it, as in eviction: lru()"],
    [{ budget: measured }, "budget is a function: call it, as in budget: measured()"],
    [{ admission: 5 }, "admission must be a policy, got 5"],
    [{ chunking: { name: "x" } }, "chunking must be a policy, and has no method chunk"],
    [{ preemption: Promise.resolve() }, "preemption is a promise: await it first"],
  ])("that is none is refused: %o", (options, message) => {
    expect(() => new Scheduler({ blockCount: 4, ...(options as Partial<SchedulerOptions>) })).toThrow(
      new InvalidOptionError(message),
    );
  });

  test.each([() => ({ queue: vtc() }), () => ({ eviction: lru() }), () => ({ budget: measured({ maxTokens: 8 }) })])(
    "that keeps state serves one scheduler",
    (make) => {
      const options = make();
      expect(() => new Scheduler({ blockCount: 0, ...options })).toThrow(InvalidOptionError);
      expect(new Scheduler({ blockCount: 4, ...options }).size).toBe(0);
      expect(() => new Scheduler({ blockCount: 4, ...options })).toThrow(
        "keeps state and serves another scheduler: make one for each",
      );
    },
  );

  test("a backend or a tokenizer that was not awaited is told so", () => {
    const backend = new ScriptedBackend();
    expect(() => new Engine({ backend: Promise.resolve(backend) as never })).toThrow(
      new InvalidOptionError("backend is a promise: await it first"),
    );
    expect(() => new Engine({ backend, tokenizer: Promise.resolve() as never })).toThrow(
      new InvalidOptionError("tokenizer is a promise: await it first"),
    );
    expect(() => new Engine({} as never)).toThrow(InvalidOptionError);
  });
});

describe("a result", () => {
  test.each<[number[], string]>([
    [[], "the caller gave 0 ids for the 2 samples of plan 0"],
    [[3], "the caller gave 1 ids for the 2 samples of plan 0"],
    [[3, -1], "the caller gave the id -1 for sample 1 of plan 0, an integer in [0, 99] is allowed"],
    [[3, 1.5], "the caller gave the id 1.5 for sample 1 of plan 0, an integer in [0, 99] is allowed"],
    [[Number.NaN, 1], "the caller gave the id NaN for sample 0 of plan 0, an integer in [0, 99] is allowed"],
    [[3, 100], "the caller gave the id 100 for sample 1 of plan 0, an integer in [0, 99] is allowed"],
  ])("with the ids %o is refused with nothing changed", (tokenIds, message) => {
    const { scheduler, submit, commit } = schedulerOf({ vocabSize: 100 });
    submit(0);
    submit(1);
    const plan = scheduler.schedule(0)!;
    const before = JSON.stringify(scheduler.stats());
    expect(() => scheduler.commit(plan, { tokenIds: tokenIds as never }, 0)).toThrow(new InvalidResultError(message));
    expect(JSON.stringify(scheduler.stats())).toBe(before);
    expect(commit(plan).tokenCount).toBe(2);
  });

  test("of a backend is a failed step, which is tried again", async () => {
    let bad = 2;
    const { engine } = setUp({}, { tokenAfter: (position) => (position > 3 && bad-- > 0 ? -1 : position) });
    const { choices } = await engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 6 }).completion();
    expect(choices[0].tokenIds).toEqual([2, 3, 4, 5, 6, 7]);
    expect(engine.stats().rollbacks).toBeGreaterThan(0);
    await engine.dispose();
  });
});

describe("a listener that throws", () => {
  test.each(["onEnd", "onKvEvent"] as const)(
    "once: %s; the call that told it throws when its work is done, and the scheduler goes on",
    (name) => {
      let isFirst = true;
      const listener = (): void => {
        if (!isFirst) return;
        isFirst = false;
        throw new Error("listener");
      };
      const { scheduler, submit, commit } = schedulerOf({ [name]: listener });
      const requests = [0, 1, 2].map((id) => submit(id, { promptTokenIds: ids(9, id), maxTokens: 2 + id }));
      let thrown = 0;
      for (let step = 0; step < 40 && scheduler.size > 0; step++) {
        try {
          const plan = scheduler.schedule(0);
          if (plan !== null) commit(plan);
        } catch (error) {
          expect((error as Error).message).toBe("listener");
          thrown++;
        }
        scheduler.checkInvariants();
      }
      expect([thrown, ...requests.map(({ outputTokenCount }) => outputTokenCount), scheduler.inFlightCount]).toEqual([
        1, 2, 3, 4, 0,
      ]);
    },
  );

  test("while a step is planned: the plan is taken back", () => {
    let throws = false;
    const { scheduler, submit, commit } = schedulerOf({
      onEnd: () => {
        if (throws) throw new Error("listener");
        throws = false;
      },
    });
    const request = submit(0);
    submit(1, { deadline: 5 });
    throws = true;
    expect(() => scheduler.schedule(9)).toThrow("listener");
    throws = false;
    expect([scheduler.inFlightCount, scheduler.size]).toEqual([0, 1]);
    while (scheduler.size > 0) commit(scheduler.schedule(9)!);
    expect(request.finishReason).toBe("length");
  });
});
