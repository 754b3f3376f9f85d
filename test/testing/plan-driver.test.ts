import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { PlanDriver, randomModel } from "../../src/testing/index.ts";

const model = randomModel(1);
/** What an entry holds that no token sees. */
const NO_BLOCK = 0x7fffffff;

function driverOf(order?: readonly number[]): PlanDriver {
  return new PlanDriver(
    createReferenceBackend({ model, blockCount: 9, blockSize: 4, maxTokens: 16, maxRequests: 3, keepLogits: true }),
    { order },
  );
}

describe("PlanDriver", () => {
  test("takes blocks as tokens need them, in the order given, and gives them back", async () => {
    const driver = driverOf([7, 3, 9]);
    const sequence = driver.start([1, 2, 3]);
    await driver.step([{ sequence }]);
    expect([sequence.tables, driver.free]).toEqual([[[7]], [3, 9]]);
    await driver.step([{ sequence }]);
    await driver.step([{ sequence }]);
    expect([sequence.tables, driver.free, sequence.computedCount]).toEqual([[[7, 3]], [9], 5]);
    driver.finish(sequence);
    expect([sequence.tables, driver.free]).toEqual([[[]], [9, 7, 3]]);
  });

  test("gives each sequence a slot of its own, and a free one again", () => {
    const driver = driverOf();
    const [first, second, third] = [1, 2, 3].map((id) => driver.start([id]));
    expect([first.slot, second.slot, third.slot]).toEqual([0, 1, 2]);
    expect(() => driver.start([4])).toThrow("every request slot is taken");
    driver.finish(second);
    expect(driver.start([4]).slot).toBe(1);
  });

  test("samples only after the last known token, unless told otherwise", async () => {
    const driver = driverOf();
    const sequence = driver.start([1, 2, 3, 4, 5]);
    expect(await driver.step([{ sequence, count: 2 }])).toEqual([]);
    expect((await driver.step([{ sequence, count: 2, sample: "all" }])).map(({ position }) => position)).toEqual([
      3, 4,
    ]);
    expect(sequence.tokenIds.length).toBe(5);
    const [last] = await driver.step([{ sequence }]);
    expect([sequence.tokenIds[5], last.position, last.logits?.length]).toEqual([last.tokenId, 5, 97]);
    expect(await driver.step([{ sequence, sample: "none" }])).toEqual([]);
    expect([sequence.computedCount, sequence.tokenIds.length]).toEqual([6, 6]);
  });

  test("feeds a step in flight back by sample, and fills the id in when it is done", async () => {
    const driver = driverOf();
    const [first, second] = [driver.start([1, 2]), driver.start([3])];
    const ahead = driver.issue([{ sequence: first }, { sequence: second }]);
    const behind = driver.issue([{ sequence: second }, { sequence: first }]);
    expect([...behind.plan.tokenIds.subarray(0, 2)]).toEqual([~1, ~0]);
    const [{ samples }, { samples: later }] = await Promise.all([ahead.done, behind.done]);
    expect(first.tokenIds).toEqual([1, 2, samples[0].tokenId, later[1].tokenId]);
    expect(second.tokenIds).toEqual([3, samples[1].tokenId, later[0].tokenId]);
  });

  test("takes failed steps back, the one behind too", async () => {
    const driver = driverOf();
    const sequence = driver.start([1, 2]);
    const bad = driver.start([3], { adapterId: 1 });
    const steps = [driver.issue([{ sequence }, { sequence: bad }]).done, driver.issue([{ sequence }]).done];
    expect((await Promise.allSettled(steps)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([sequence.tokenIds, sequence.computedCount, bad.tokenIds]).toEqual([[1, 2], 0, [3]]);
  });

  test("copies log probabilities where they are wanted", async () => {
    const driver = driverOf();
    const [plain, wanting] = [driver.start([1]), driver.start([2], { sampling: { logprobs: 2 } })];
    const [first, second] = await driver.step([{ sequence: plain }, { sequence: wanting }]);
    expect([first.logprob, first.topIds]).toEqual([null, []]);
    expect([second.topIds[0], second.topLogprobs[0], second.topIds.length]).toEqual([
      second.tokenId,
      second.logprob,
      2,
    ]);
  });

  test("slides windows: dead blocks are filled with NaN and handed out next, rings come round", async () => {
    const windowed = randomModel(2, { layers: [{ window: 6, rope: 0, experts: false }] });
    const sizes = { blockCount: 9, blockSize: 4, maxTokens: 16, maxRequests: 1, keepLogits: true };
    const backend = createReferenceBackend({ model: windowed, ...sizes });
    const driver = new PlanDriver(backend, { rowTokens: 4 });
    const sequence = driver.start(Array.from({ length: 30 }, (_, i) => i));
    for (let step = 0; step < 3; step++) await driver.step([{ sequence, count: 4 }]);
    expect([sequence.firstBlocks, sequence.tables, driver.free[0]]).toEqual([[1], [[2, 3]], 1]);
    expect(new Float32Array((await backend.readBlocks([1])).buffer).every(Number.isNaN)).toBe(true);
    await driver.step([{ sequence, count: 4 }]);
    expect([sequence.firstBlocks, sequence.tables, driver.free[0]]).toEqual([[2], [[3, 1]], 2]);
    const { plan, done } = driver.issue([{ sequence, count: 4 }]);
    await done;
    expect([plan.groups[0].stride, ...plan.groups[0].tables]).toEqual([4, 2, NO_BLOCK, 3, 1]);
    expect(() => driver.issue([{ sequence, count: 5 }])).toThrow("5 tokens in a row, 4 are the most");
    driver.finish(sequence);
    expect(driver.free.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("asserts that there are tokens and blocks", () => {
    const driver = driverOf([1]);
    const sequence = driver.start([1, 2, 3, 4, 5]);
    expect(() => driver.issue([{ sequence, count: 6 }])).toThrow("6 tokens of 5");
    expect(() => driver.issue([{ sequence, count: 0 }])).toThrow("0 tokens of 5");
    expect(() => driver.issue([{ sequence }])).toThrow("no block is free");
  });
});
