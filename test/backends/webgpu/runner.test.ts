import { describe, expect, test } from "vitest";
import type { BackendInfo } from "../../../src/backends/backend.ts";
import type { PackedColumns } from "../../../src/backends/webgpu/columns.ts";
import type { StepSize } from "../../../src/backends/webgpu/program.ts";
import { Runner, type RunnerParts } from "../../../src/backends/webgpu/runner.ts";
import { Turns } from "../../../src/backends/webgpu/turns.ts";
import { type PlanMoves, makePlan } from "../../../src/testing/index.ts";

const INFO: BackendInfo = {
  name: "",
  blockCount: 9,
  hostBlockCount: 9,
  blockSize: 4,
  maxTokens: 8,
  maxRequests: 2,
  contextLength: 32,
  vocabSize: 100,
  bytesPerBlock: 1,
  groups: [{ window: null }],
};

/** A runner whose parts note what they are told, and whose host blocks arrive when `arrive` is called. */
function fakeRunner() {
  const log: string[] = [];
  let arrive!: () => void;
  const arriving = new Promise<void>((resolve) => (arrive = resolve));
  let hasArrived = false;
  void arriving.then(() => (hasArrived = true));
  const readback = (name: string) => ({
    result: name,
    encode: (_e: unknown, _r: unknown, _l: unknown, samples: number) => log.push(`read ${samples} into ${name}`),
    read: () => Promise.resolve(),
  });
  const parts = {
    info: INFO,
    positions: 32,
    turns: new Turns(),
    device: {
      createCommandEncoder: () => ({ finish: () => "commands" }),
      queue: {
        writeBuffer: (_b: unknown, _o: number, words: PackedColumns["words"], _f: number, count: number) =>
          log.push(`columns ${words[0]}, ${count} words`),
        submit: () => log.push("submit"),
      },
    },
    kv: { copyBlock: (_e: unknown, from: number, to: number) => log.push(`copy ${from} ${to}`) },
    host: {
      swapOut: (pairs: Int32Array) => (log.push(`out ${pairs.join()}`), Promise.resolve()),
      swapIn: (pairs: Int32Array) => pairs.length > 0 && log.push(`in ${pairs.join()}`),
      pending: (pairs: Int32Array) => (pairs.length > 0 && !hasArrived ? arriving : null),
    },
    program: { encode: (_e: unknown, size: StepSize) => log.push(`run ${size.tokenCount} ${size.sampleCount}`) },
    readbacks: [readback("a"), readback("b")],
  };
  return { runner: new Runner(parts as unknown as RunnerParts), log, arrive };
}

const plan = (tokenIds: number[], moves?: PlanMoves) =>
  makePlan(0, 4, [{ slot: 0, tokenIds, position: 0, tables: [[1, 2]], sampled: [0] }], moves);

describe("Runner", () => {
  test("submits a step before it returns: out, in, columns, copies, pass, results", async () => {
    const { runner, log, arrive } = fakeRunner();
    arrive();
    await Promise.resolve();
    const step = runner.run(plan([1, 2], { swapOuts: [[1, 2]], swapIns: [[3, 4]], copies: [[5, 6]] }));
    expect(log).toEqual([
      "out 1,2",
      "in 3,4",
      expect.stringMatching(/^columns 2, \d+ words$/),
      "columns 1, 2 words",
      "copy 5 6",
      "run 2 1",
      "read 1 into a",
      "submit",
    ]);
    expect(await step).toBe("a");
  });

  test("takes turns with its columns and results", async () => {
    const { runner } = fakeRunner();
    expect(await Promise.all([runner.run(plan([1])), runner.run(plan([~0]))])).toEqual(["a", "b"]);
    expect(await runner.run(plan([1]))).toBe("a");
  });

  test("a step that swaps in what has not arrived waits, and so does the one behind it; their plans may change meanwhile", async () => {
    const { runner, log, arrive } = fakeRunner();
    const waiting = plan([1, 2], { swapIns: [[3, 4]] });
    const steps = [runner.run(waiting), runner.run(plan([5, 6, 7]))];
    waiting.tokenIds.fill(-1);
    waiting.swapIns.fill(-1);
    expect(log).toEqual([]);
    arrive();
    expect(await Promise.all(steps)).toEqual(["a", "b"]);
    expect(log.filter((line) => /^(in|run)/.test(line))).toEqual(["in 3,4", "run 2 1", "run 3 1"]);
  });

  test("samples can be fed back once, and not after a failure", async () => {
    const { runner } = fakeRunner();
    await runner.run(plan([1]));
    runner.forgetSamples();
    await expect(runner.run(plan([~0]))).rejects.toThrow("token 0 is sample 0 of a plan that had 0");
    await expect(runner.run(plan([~0]))).rejects.toThrow("a plan that had 0");
  });
});
