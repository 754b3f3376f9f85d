import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { measured, type MeasuredBudget } from "../../../src/policies/budget/measured.ts";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import { ContextDevice } from "../../../src/testing/context-device.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";

/** A device with its knee at `floor / slope` tokens. */
interface Device {
  readonly floor: number;
  readonly slope: number;
  readonly noise?: number;
}

const DEVICE = { floor: 10, slope: 0.1 };

/** Steps that are as large as the budget allows. */
function runSteps(
  budget: MeasuredBudget,
  { floor, slope, noise = 0 }: Device,
  steps: number,
  seed = 0,
): MeasuredBudget {
  const random = new SeededRandom(seed);
  for (let step = 0; step < steps; step++) {
    const tokens = budget.tokens();
    budget.observe(tokens, Math.hypot(floor, slope * tokens) * (1 + noise * (2 * random.next() - 1)));
  }
  return budget;
}

describe("measured", () => {
  test("grows from one token to the most, three steps of each power of two", () => {
    const budget = measured({ maxTokens: 100 });
    const sizes = Array.from({ length: 24 }, () => {
      const tokens = budget.tokens();
      budget.observe(tokens, 1);
      return tokens;
    });
    expect(sizes).toEqual([1, 2, 4, 8, 16, 32, 64, 100].flatMap((size) => [size, size, size]));
    expect([budget.sizes, budget.stepsPerSize]).toEqual([[1, 2, 4, 8, 16, 32, 64, 100], 3]);
  });

  test("then gives B*, which it reports with floor, slope and an interval", () => {
    const budget = measured({ maxTokens: 512 });
    expect([budget.fit, budget.predict(100)]).toEqual([undefined, 0]);
    runSteps(budget, DEVICE, 30);
    expect(budget.tokens()).toBeGreaterThanOrEqual(99);
    expect(budget.tokens()).toBeLessThanOrEqual(100);
    expect(budget.fit!.bStar).toBeCloseTo(100);
    expect(budget.predict(100)).toBeCloseTo(Math.hypot(10, 10));
  });

  test("recovers a known floor and slope from noisy times, within the interval", () => {
    let inside = 0;
    for (let seed = 0; seed < 50; seed++) {
      const { fit } = runSteps(measured({ maxTokens: 1024 }), { ...DEVICE, noise: 0.1 }, 33, seed);
      expect(Math.abs(fit!.floor / 10 - 1)).toBeLessThan(0.1);
      expect(Math.abs(fit!.slope / 0.1 - 1)).toBeLessThan(0.15);
      if (fit!.low <= 100 && 100 <= fit!.high) inside++;
    }
    expect(inside).toBeGreaterThanOrEqual(45);
  });

  test("waits with the next size while steps are smaller than the budget", () => {
    const budget = measured({ maxTokens: 64 });
    runSteps(budget, DEVICE, 9);
    for (let i = 0; i < 100; i++) budget.observe(5, 10);
    expect(budget.tokens()).toBe(8);
  });

  test("a clock that stands still does not hold it up, and leaves the most", () => {
    const budget = measured({ maxTokens: 64 });
    for (let i = 0; i < 100; i++) budget.observe(budget.tokens(), 0);
    expect([budget.tokens(), budget.fit]).toEqual([64, undefined]);
  });

  test("who times the sizes before spares live traffic the small steps", () => {
    const budget = measured({ maxTokens: 512 });
    for (const tokens of budget.sizes) {
      for (let i = 0; i < budget.stepsPerSize; i++) budget.observe(tokens, Math.hypot(10, 0.1 * tokens));
    }
    expect(Math.abs(budget.tokens() - 100)).toBeLessThanOrEqual(1);
  });

  test("keeps correcting: a device that gets slower at arithmetic has a smaller B*", () => {
    const budget = runSteps(measured({ maxTokens: 512 }), DEVICE, 200);
    const random = new SeededRandom(1);
    for (let step = 0; step < 4000; step++) {
      const tokens = random.integer(1, 512);
      budget.observe(tokens, Math.hypot(10, 0.2 * tokens));
    }
    expect(Math.abs(budget.tokens() - 50)).toBeLessThanOrEqual(3);
  });

  test("a target caps it, down to an eighth of B*, where less gains nothing", () => {
    const tokensFor = (target: number): number => runSteps(measured({ maxTokens: 512, target }), DEVICE, 40).tokens();
    expect([tokensFor(100), tokensFor(Math.hypot(10, 5.05)), tokensFor(10.05), tokensFor(1)]).toEqual([
      expect.closeTo(100, -1),
      50,
      12,
      12,
    ]);
  });

  test("never gives less than the decodes that are to go on, once B* is found", () => {
    const budget = measured({ maxTokens: 512, minTokens: 150, target: 12 });
    expect(budget.tokens()).toBe(1);
    expect(runSteps(budget, DEVICE, 40).tokens()).toBe(150);
  });

  test("within the target, wherever an eighth of B* is", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 60, noNaN: true }),
        (floor, slope, target) => {
          const budget = runSteps(measured({ maxTokens: 1024, target }), { floor, slope }, 40);
          expect(budget.tokens()).toBeGreaterThanOrEqual(1);
          expect(budget.tokens()).toBeLessThanOrEqual(1024);
          if (floor * Math.hypot(1, 1 / 8) <= target && floor / slope >= 8) {
            expect(budget.predict(budget.tokens())).toBeLessThanOrEqual(target * 1.001);
          }
        },
      ),
    );
  });

  test("in the scheduler, what it observes is the step's own time, also where plans are made ahead", () => {
    const budget = measured({ maxTokens: 256 });
    const scheduler = new Scheduler({ blockCount: 2000, maxRequests: 64, budget });
    const device = new ContextDevice({ blockCount: 2000, blockSize: 16 });
    for (let id = 0; id < 60; id++) {
      scheduler.submit({ id, promptTokenIds: new Int32Array(300).fill(id), maxTokens: 2 }, 0);
    }
    let now = 0;
    // The device has the next plan before it is done with this one.
    for (let plan = scheduler.schedule(now); plan !== null;) {
      const { tokenCount } = plan;
      const tokenIds = device.run(plan).slice();
      const next = scheduler.schedule(now);
      now += Math.hypot(10, 0.1 * tokenCount);
      scheduler.commit(plan, { tokenIds }, now);
      plan = next;
    }
    expect(budget.fit!.floor).toBeCloseTo(10);
    expect(budget.fit!.bStar).toBeCloseTo(100);
  });

  test.each([
    [{ maxTokens: 0 }, "maxTokens must be an integer >= 1, got 0"],
    [{ maxTokens: 1.5 }, "maxTokens must be an integer >= 1, got 1.5"],
    [{ maxTokens: 8, target: 0 }, "target must be above 0, got 0"],
    [{ maxTokens: 8, minTokens: 9 }, "minTokens must be an integer in [1, 8], got 9"],
    [{ maxTokens: 8, minTokens: 0 }, "minTokens must be an integer in [1, 8], got 0"],
  ])("refuses %j", (options, message) => expect(() => measured(options)).toThrow(new InvalidOptionError(message)));
});
