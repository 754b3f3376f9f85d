import { describe, expect, test } from "vitest";
import { Forward, layerGroups } from "../../../src/backends/reference/forward.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";
import { StepRunner } from "../../../src/backends/reference/step-runner.ts";
import { type PlanMoves, type PlanRow, makePlan, randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1);
const sizes = { blockCount: 9, blockSize: 4, maxTokens: 8, maxRequests: 2, hostBlockCount: 3 };
const { info } = createReferenceBackend({ model, ...sizes });

/** A runner whose device block b is all b, and whose host block h is all 100 + h. */
function runnerWithMarks() {
  const shape = { blockSize: 4, layerCount: 2, kvSize: 16 };
  const [device, host] = [new KvStore(shape, 9), new KvStore(shape, 3)];
  for (let i = 0; i < device.data.length; i++) device.data[i] = Math.floor(i / device.blockStride);
  for (let i = 0; i < host.data.length; i++) host.data[i] = 100 + Math.floor(i / host.blockStride);
  const forward = new Forward(model, layerGroups(model.config), device, 8);
  const mark = (store: KvStore, block: number): number => store.data[block * store.blockStride];
  return { device, host, mark, runner: new StepRunner({ forward, device, host, info, keepLogits: false }) };
}

const row = (tokenIds: readonly number[], changes: Partial<PlanRow> = {}): PlanRow => {
  return { slot: 0, tokenIds, position: 0, tables: [[8]], sampled: [tokenIds.length - 1], ...changes };
};

describe("StepRunner", () => {
  test("swaps out, then in, then copies, then computes", () => {
    const { runner, device, host, mark } = runnerWithMarks();
    const moves: PlanMoves = { swapOuts: [[1, 2]], swapIns: [[3, 1], [2, 4]], copies: [[8, 5], [1, 6]] };
    runner.run(makePlan(0, 4, [row([7])], moves));
    expect(mark(host, 2)).toBe(1); // out before in: block 1 still held its own
    expect([mark(device, 1), mark(device, 4)]).toEqual([103, 1]);
    expect([mark(device, 5), mark(device, 6)]).toEqual([8, 103]); // copied before the token was written to block 8
    expect(mark(device, 8)).not.toBe(8);
  });

  test("feeds ids back from the preceding plan, by sample", () => {
    const { runner } = runnerWithMarks();
    const two = [row([1, 2], { sampled: [0, 1] }), row([3], { slot: 1, tables: [[7]] })];
    const ids = [...runner.run(makePlan(0, 4, two)).tokenIds.subarray(0, 3)];
    const fed = runner.run(makePlan(1, 4, [row([~2], { position: 1, tables: [[7]] }), row([~0], { slot: 1, position: 2 })]));
    const fedIds = [...fed.tokenIds.subarray(0, 2)];
    const given = runnerWithMarks().runner;
    given.run(makePlan(0, 4, two));
    const named = given.run(makePlan(1, 4, [row([ids[2]], { position: 1, tables: [[7]] }), row([ids[0]], { slot: 1, position: 2 })]));
    expect([...named.tokenIds.subarray(0, 2)]).toEqual(fedIds);
  });

  test("asserts that a fed-back sample exists; a failed plan has none", () => {
    const { runner } = runnerWithMarks();
    expect(() => runner.run(makePlan(0, 4, [row([~0])]))).toThrow("token 0 is sample 0 of a plan that had 0");
    runner.run(makePlan(1, 4, [row([5])]));
    expect(() => runner.run(makePlan(2, 4, [row([~1], { position: 1 })]))).toThrow("token 0 is sample 1 of a plan that had 1");
    expect(() => runner.run(makePlan(3, 4, [row([~0], { position: 1 })]))).toThrow("token 0 is sample 0 of a plan that had 0");
  });

  test("outputs take turns", () => {
    const { runner } = runnerWithMarks();
    const outputs = [0, 1, 2].map((index) => runner.run(makePlan(index, 4, [row([index])])));
    expect(outputs[1]).not.toBe(outputs[0]);
    expect(outputs[2]).toBe(outputs[0]);
  });

  test("a plan may have no samples and no tokens", () => {
    const { runner, device, mark } = runnerWithMarks();
    runner.run(makePlan(0, 4, [], { copies: [[2, 3]] }));
    expect(mark(device, 3)).toBe(2);
  });
});
