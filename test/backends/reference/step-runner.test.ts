import { describe, expect, test } from "vitest";
import { Forward } from "../../../src/backends/reference/forward.ts";
import { layerGroups } from "../../../src/decoder.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { KvStore } from "../../../src/backends/reference/kv-store.ts";
import { StepRunner } from "../../../src/backends/reference/step-runner.ts";
import { SAMPLE_NOT_FINITE } from "../../../src/step.ts";
import { type PlanMoves, type PlanRow, makePlan, randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1);
const sizes = { blockCount: 9, blockSize: 4, maxTokens: 8, maxRequests: 2, hostBlockCount: 3 };
const { info } = createReferenceBackend({ model, ...sizes });

/** A runner whose device block b is bytes of b, and whose host block h is bytes of 100 + h. */
function runnerWithMarks() {
  const shape = { blockSize: 4, layerCount: 2, kvHeadCount: 2, headDim: 8, type: "f64" as const };
  const [device, host] = [new KvStore(shape, 9), new KvStore(shape, 3)];
  for (let block = 1; block <= 9; block++) device.write([block], new Uint8Array(device.bytesPerBlock).fill(block));
  for (let block = 1; block <= 3; block++) host.write([block], new Uint8Array(host.bytesPerBlock).fill(100 + block));
  const forward = new Forward(model, layerGroups(model.config), device, 8);
  const mark = (store: KvStore, block: number): number => store.read([block])[0];
  return { device, host, mark, runner: new StepRunner({ forward, device, host, info, keepLogits: false }) };
}

const row = (tokenIds: readonly number[], changes: Partial<PlanRow> = {}): PlanRow => {
  return { slot: 0, tokenIds, position: 0, tables: [[8]], sampled: [tokenIds.length - 1], ...changes };
};

describe("StepRunner", () => {
  test("swaps out, then in, then copies, then computes", () => {
    const { runner, device, host, mark } = runnerWithMarks();
    const moves: PlanMoves = {
      swapOuts: [[1, 2]],
      swapIns: [
        [3, 1],
        [2, 4],
      ],
      copies: [
        [8, 5],
        [1, 6],
      ],
    };
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
    const fed = runner.run(
      makePlan(1, 4, [row([~2], { position: 1, tables: [[7]] }), row([~0], { slot: 1, position: 2 })]),
    );
    const fedIds = [...fed.tokenIds.subarray(0, 2)];
    const given = runnerWithMarks().runner;
    given.run(makePlan(0, 4, two));
    const named = given.run(
      makePlan(1, 4, [row([ids[2]], { position: 1, tables: [[7]] }), row([ids[0]], { slot: 1, position: 2 })]),
    );
    expect([...named.tokenIds.subarray(0, 2)]).toEqual(fedIds);
  });

  test("asserts that a fed-back sample exists; a failed plan has none", () => {
    const { runner } = runnerWithMarks();
    expect(() => runner.run(makePlan(0, 4, [row([~0])]))).toThrow("token 0 is sample 0 of a plan that had 0");
    runner.run(makePlan(1, 4, [row([5])]));
    expect(() => runner.run(makePlan(2, 4, [row([~1], { position: 1 })]))).toThrow(
      "token 0 is sample 1 of a plan that had 1",
    );
    expect(() => runner.run(makePlan(3, 4, [row([~0], { position: 1 })]))).toThrow(
      "token 0 is sample 0 of a plan that had 0",
    );
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

  test("flags samples whose logits are not finite", () => {
    const [head, broken] = [model.head.bytes.slice(), randomModel(1)];
    new DataView(head.buffer).setFloat32(4 * 7, Number.NaN, true);
    const { device, host } = runnerWithMarks();
    const forward = new Forward(
      { ...broken, head: { ...broken.head, bytes: head } },
      layerGroups(model.config),
      device,
      8,
    );
    const runner = new StepRunner({ forward, device, host, info, keepLogits: false });
    expect(runner.run(makePlan(0, 4, [row([7])])).sampleFlags[0]).toBe(SAMPLE_NOT_FINITE);
    expect(runnerWithMarks().runner.run(makePlan(0, 4, [row([7])])).sampleFlags[0]).toBe(0);
  });
});
