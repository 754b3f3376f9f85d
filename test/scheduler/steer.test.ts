import { describe, expect, test } from "vitest";
import { ConstraintError, InfeasibleRequestError, InvalidRequestError } from "../../src/errors.ts";
import { drawProgram } from "../../src/testing/scheduler-program.ts";
import { SchedulerDrive } from "../../src/testing/scheduler-drive.ts";
import { HashMask } from "../../src/testing/steered-token.ts";
import type { TokenMask } from "../../src/token-mask.ts";
import { soakCount } from "../support/soak.ts";
import { ids, rowsOf, schedulerOf } from "../support/scheduler-of.ts";

const penalised = { sampling: { frequencyPenalty: 1 } };

/** Allows all, and is ready when it is told to be. */
class Patient implements TokenMask {
  readonly isDone: boolean;
  readonly switch: { ready: boolean };
  constructor(switched = { ready: true }, isDone = false) {
    this.switch = switched;
    this.isDone = isDone;
  }
  fill(words: Int32Array): boolean {
    words.fill(-1);
    return this.switch.ready;
  }
  accept(id: number): boolean {
    return id !== 8;
  }
  rollback(): void {}
  fork(): TokenMask {
    return new Patient(this.switch, this.isDone);
  }
  forcedTokens(): number[] {
    return [];
  }
}

describe("edits and masks in steps", () => {
  test("are what each request's own tokens say, through preemptions, failures, drafts, choices and beams", () => {
    const seeds = soakCount(15);
    const drafts = { drafted: 0, accepted: 0 };
    for (let seed = 0; seed < seeds; seed++) {
      const { stats } = new SchedulerDrive({ ...drawProgram(seed), steerRate: 0.7 }).run();
      drafts.drafted += stats.draftedTokens;
      drafts.accepted += stats.acceptedTokens;
    }
    expect(drafts.accepted).toBeGreaterThan(0);
    expect(drafts.drafted).toBeGreaterThan(drafts.accepted);
  });

  test("only those that depend on the last token wait for it", () => {
    const { scheduler, submit } = schedulerOf({ vocabSize: 100_000 });
    submit("fixed", { sampling: { logitBias: { 5: 1 }, badTokenIds: [6], minTokens: 2 }, stopTokenIds: [1] });
    submit("penalised", penalised);
    submit("masked", { mask: new Patient() });
    const first = scheduler.schedule(0)!;
    expect([first.editCount, first.maskCount]).toEqual([3, 1]);
    expect(rowsOf(scheduler.schedule(1))).toEqual([["fixed", 1]]);
  });

  test("beyond the step's edits a request waits, says so, and has its turn", () => {
    const { scheduler, submit, step, waitsFor, commit } = schedulerOf({ maxEditsPerStep: 12 });
    for (const id of [1, 2, 3]) submit(id, { sampling: { repetitionPenalty: 2 }, maxTokens: 2 });
    expect(step()).toEqual([6, 6, 4]);
    const turns: unknown[] = [];
    for (let i = 0; scheduler.size > 0; i++) {
      const plan = scheduler.schedule(i)!;
      turns.push(rowsOf(plan));
      if (i === 0) expect(waitsFor(2)).toEqual({ reason: "edits", limit: 12 });
      commit(plan, i);
    }
    expect(turns.length).toBeLessThan(8);
  });

  test("while a mask is not ready its request sits the step out, and no other", () => {
    const { scheduler, submit, step, waitsFor } = schedulerOf({ vocabSize: 100_000 });
    const switched = { ready: false };
    submit("slow", { mask: new Patient(switched) });
    expect(step()).toEqual([5]);
    expect(step()).toBeNull();
    expect([scheduler.idleReason, waitsFor("slow")]).toEqual(["mask", { reason: "mask" }]);
    submit("other", { promptTokenIds: ids(6, 3) });
    expect(step()).toEqual([6]);
    switched.ready = true;
    expect(step()).toEqual([1, 1]);
    expect(waitsFor("slow")).toBeNull();
  });

  test("a mask that breaks ends its own request", () => {
    const ended: unknown[] = [];
    const { submit, step } = schedulerOf(
      { vocabSize: 100_000, onEnd: ({ id, error }) => ended.push([id, error?.constructor]) },
      8,
    );
    submit("masked", { mask: new Patient() });
    submit("other");
    for (let i = 0; i < 3; i++) step();
    expect(ended).toEqual([["masked", ConstraintError]]);
  });

  test("a processor that throws ends its own request", () => {
    const ended: unknown[] = [];
    const { submit, step } = schedulerOf({ onEnd: ({ id, error }) => ended.push([id, error?.message]) });
    const processor = ({ tokenIds }: { tokenIds: Int32Array }): [number, number][] => {
      if (tokenIds.length > 7) throw new Error("enough");
      return [[3, 1]];
    };
    submit("own", { logitsProcessors: [processor] });
    submit("other");
    for (let i = 0; i < 3; i++) step();
    expect(ended).toEqual([["own", "enough"]]);
  });

  test("a request whose mask is done ends by stop where it has no stop ids", () => {
    const ended: unknown[] = [];
    const { submit, step } = schedulerOf({
      vocabSize: 100_000,
      onEnd: ({ id, finishReason }) => ended.push([id, finishReason]),
    });
    submit("done", { mask: new Patient({ ready: true }, true) });
    step();
    expect(ended).toEqual([["done", "stop"]]);
  });

  test("what cannot be used is refused at submit, with nothing changed", () => {
    const { scheduler, submit } = schedulerOf({ maxEditsPerStep: 12 });
    expect(() => submit(1, { mask: new HashMask(1, false) })).toThrow(InvalidRequestError);
    expect(() => submit(1, { logitsProcessors: [5] as never })).toThrow(InvalidRequestError);
    expect(() => submit(1, { sampling: { repetitionPenalty: 2 }, promptTokenIds: ids(10) })).toThrow(
      new InfeasibleRequestError("a token of the request may take 14 edits of logits, maxEditsPerStep is 12"),
    );
    expect(() => submit(1, { top_p: 1 } as never)).toThrow('a request has no field "top_p"');
    expect(scheduler.size).toBe(0);
  });
});
