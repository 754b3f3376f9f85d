import { describe, expect, test } from "vitest";
import type { BackendInfo } from "../../src/backends/backend.ts";
import { calibrate, MAX_CALIBRATION_SECONDS } from "../../src/engine/calibration.ts";
import { DeviceLostError } from "../../src/errors.ts";
import { measured } from "../../src/policies/budget/measured.ts";
import type { StepTimeFit } from "../../src/policies/budget/step-time-fit.ts";
import type { StepPlan } from "../../src/step.ts";
import { expectedOf, promptOf, setUp, someTurns } from "../support/engines.ts";
import { ScriptedBackend, type Script } from "../support/scripted-backend.ts";

/** A backend whose steps of n tokens take sqrt(1 + (n / 16)^2) ms: B* is 16. */
class TimedBackend extends ScriptedBackend {
  seconds = 0;
  readonly plans: number[] = [];

  override async execute(plan: StepPlan) {
    this.plans.push(plan.tokenCount);
    const time = Math.hypot(1, plan.tokenCount / 16) / 1000;
    const result = await super.execute(plan);
    this.seconds += time;
    return result;
  }
}

function timed(info: Partial<BackendInfo> = {}, script: Script = {}) {
  const backend = new TimedBackend({ ...script, info: { blockCount: 64, maxTokens: 64, ...info } });
  return { backend, clock: () => backend.seconds };
}

const always = (): boolean => true;

describe("calibrate", () => {
  test("times three steps of each size, from which the budget knows B*", async () => {
    const { backend, clock } = timed();
    const budget = measured({ maxTokens: 64 });
    await calibrate(budget, { backend, clock, mayGoOn: always });
    expect(backend.plans).toEqual([1, 2, 4, 8, 16, 32, 64].flatMap((size) => [size, size, size]));
    expect(budget.fit?.bStar).toBeCloseTo(16);
    expect(budget.fit?.floor).toBeCloseTo(1e-3);
    expect(budget.tokens()).toBe(Math.floor(budget.fit!.bStar));
  });

  test("an inter-token target caps the budget", async () => {
    const { backend, clock } = timed();
    const budget = measured({ maxTokens: 64, target: Math.hypot(1, 0.5) / 1000 });
    await calibrate(budget, { backend, clock, mayGoOn: always });
    expect(Math.abs(budget.tokens() - 8)).toBeLessThanOrEqual(1);
  });

  test("sizes larger than a context, or a row, are made of several prompts; windows are no matter", async () => {
    const { backend, clock } = timed({ contextLength: 12, groups: [{ window: null }, { window: 8 }] });
    const budget = measured({ maxTokens: 64 });
    await calibrate(budget, { backend, clock, mayGoOn: always });
    expect(backend.plans.at(-1)).toBe(64);
  });

  test.each<[string, Partial<BackendInfo>, number]>([
    ["a pool of one block of one token", { blockCount: 1, blockSize: 1 }, 1],
    ["a pool of 20 tokens", { blockCount: 5 }, 16],
    ["a context of one token", { contextLength: 1 }, 0],
    ["one request of 12 tokens", { maxRequests: 1, contextLength: 12 }, 8],
  ])("%s takes the sizes that fit, and no harm is done", async (_name, info, largest) => {
    const { backend, clock } = timed(info);
    const budget = measured({ maxTokens: 64 });
    await calibrate(budget, { backend, clock, mayGoOn: always });
    expect(Math.max(0, ...backend.plans)).toBe(largest);
  });

  test("a step that fails ends it", async () => {
    const { backend, clock } = timed(
      {},
      { fails: (_plan, executed) => (executed === 4 ? new Error("hiccup") : undefined) },
    );
    const budget = measured({ maxTokens: 64 });
    await calibrate(budget, { backend, clock, mayGoOn: always });
    expect([backend.plans.length, budget.tokens()]).toEqual([5, 2]);
  });

  test("takes no more than its seconds, and stops when it is told to", async () => {
    const { backend } = timed();
    let now = 0;
    await calibrate(measured({ maxTokens: 64 }), {
      backend,
      clock: () => (now += MAX_CALIBRATION_SECONDS / 9),
      mayGoOn: always,
    });
    expect(backend.plans.length).toBe(3);
    await calibrate(measured({ maxTokens: 64 }), { backend, clock: () => 0, mayGoOn: () => backend.plans.length < 5 });
    expect(backend.plans.length).toBe(5);
  });

  test("has nothing to do for a budget that wants to know nothing", async () => {
    const { backend, clock } = timed();
    await calibrate({ name: "mine", maxTokens: 4, tokens: () => 4 }, { backend, clock, mayGoOn: always });
    expect(backend.plans).toEqual([]);
  });
});

describe("an engine with a measured budget", () => {
  test("knows the device before the first request's first step, tells once, and shows it", async () => {
    const { backend, clock } = timed();
    const fits: StepTimeFit[] = [];
    const { engine } = setUp({
      backend,
      clock,
      budget: measured({ maxTokens: 64 }),
      onCalibrated: (fit) => fits.push(fit),
    });
    const stream = engine.submit({ id: "a", promptTokenIds: promptOf(1), maxTokens: 5 });
    expect(engine.stats()).toMatchObject({ stepTime: null, submitted: 1, steps: 0 });
    await stream.next();
    const sizes = backend.plans.length;
    expect(fits.map(({ bStar }) => Math.round(bStar))).toEqual([16]);
    expect(engine.explain("a")).toMatchObject({
      state: "running",
      tokenBudget: engine.stats().tokenBudget,
      stepTime: fits[0],
    });
    expect((await stream.completion()).tokenIds).toEqual(expectedOf(1, 5));
    expect(engine.stats()).toMatchObject({ submitted: 1, finished: 1, heldBlocks: 0, stepTime: fits[0] });
    expect(sizes).toBeGreaterThan(21);
    await engine.dispose();
  });

  test("measures when it is made, and not while it is frozen or disposed", async () => {
    const { backend, clock } = timed();
    const { engine } = setUp({ backend, clock, budget: measured({ maxTokens: 64 }) });
    while (engine.stats().stepTime === null) await someTurns();
    expect(backend.plans.length).toBe(21);
    await engine.dispose();
    const other = timed();
    const frozen = setUp({ backend: other.backend, clock: other.clock, budget: measured({ maxTokens: 64 }) });
    frozen.engine.freeze();
    await someTurns();
    expect(other.backend.plans).toEqual([]);
    await frozen.engine.dispose();
    expect(other.backend.disposals).toBe(1);
  });

  test("a device that is lost meanwhile is dealt with as ever", async () => {
    const spare = new ScriptedBackend({ info: { maxTokens: 64 } });
    const { backend, clock } = timed(
      {},
      { fails: (_plan, executed) => (executed >= 5 ? new DeviceLostError("unplugged") : undefined) },
    );
    const { engine } = setUp({ backend, clock, budget: measured({ maxTokens: 64 }), recover: async () => spare });
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 5 }).completion()).tokenIds).toEqual(
      expectedOf(1, 5),
    );
    expect([engine.stats().stepTime, backend.disposals]).toEqual([null, 1]);
    await engine.dispose();
  });
});
