import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DeviceLimitError, InvalidOptionError } from "../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { blocksThatFit, resolveSimulation } from "../../src/sim/options.ts";
import { batch, figuresOf } from "../support/simulations.ts";

const ROWS = new URL("../../../shared/groundtruth/published_rows.csv", import.meta.url);
const noRows = !existsSync(ROWS);

test("an RTX 4090 beside Llama-3.1-8B has within 1% the blocks that vLLM had", () => {
  const blocks = blocksThatFit({ gpu: gpuNamed("rtx-4090"), shape: modelNamed("llama-3.1-8b") }, 16);
  expect(Math.abs(blocks / 2588 - 1)).toBeLessThan(0.01);
});

test("layers of two kinds share a pool of blocks that hold one kind each", () => {
  const gpu = gpuNamed("a10");
  const gemma = blocksThatFit({ gpu, shape: modelNamed("gemma-2-2b") }, 16);
  const alike = blocksThatFit(
    { gpu, shape: { ...modelNamed("gemma-2-2b"), layers: [{ count: 26, window: null }] } },
    16,
  );
  expect(Math.abs(gemma - 2 * alike)).toBeLessThanOrEqual(1);
});

test("more GPUs than KV heads keep copies", () => {
  const setup = { gpu: gpuNamed("h100"), shape: modelNamed("llama-3-70b") };
  const [eight, sixteen] = [8, 16].map((gpus) => blocksThatFit({ ...setup, gpus }, 16));
  expect(sixteen).toBeGreaterThan(eight);
  expect(sixteen).toBeLessThan(1.5 * eight);
});

describe("refuses", () => {
  const setup = { gpu: gpuNamed("a10"), shape: modelNamed("llama-2-7b"), workload: batch(1, 1, 1) };
  test("weights that leave no room, with the numbers", () => {
    expect(() => blocksThatFit({ gpu: gpuNamed("a10"), shape: modelNamed("llama-2-70b") }, 16)).toThrow(
      new DeviceLimitError("the weights of llama-2-70b at 16 bits take 128 GiB, a10 has 20 GiB for them"),
    );
    const tight = { ...gpuNamed("a10"), memoryBytes: 16.86e9 };
    expect(() => blocksThatFit({ gpu: tight, shape: modelNamed("llama-2-7b") }, 1024)).toThrow(DeviceLimitError);
  });

  test.each([0, 1, 2.5])("a context of %d", (contextLength) =>
    expect(() => resolveSimulation({ ...setup, contextLength })).toThrow(InvalidOptionError),
  );
});

/**
 * The whole batch at once: prompts in one step, then answers in lockstep. Pools as large as each batch, and a context
 * that holds it.
 */
test.skipIf(noRows)(
  "batches of TensorRT-LLM on one A100 are met within 10% (skipped where ../shared/groundtruth is absent)",
  async () => {
    const rows = readFileSync(ROWS, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const cases = rows.filter(
      ([, , gpus, engine, , , , , load]) => gpus === "1" && engine === "TensorRT-LLM 0.6.1" && load.startsWith("batch"),
    );
    expect(cases).toHaveLength(3);
    for (const [, , , , , , input, output, load, throughput] of cases) {
      const count = Number(load.replace("batch ", ""));
      const { throughput: found } = await figuresOf({
        model: "llama-2-7b",
        workload: batch(count, Number(input), Number(output)),
        blockCount: count * Math.ceil((Number(input) + Number(output)) / 16) * 2,
        maxRequests: count,
        tokenBudget: count * Number(input),
      });
      expect(Math.abs(found.outputTokensPerSecond / Number(throughput) - 1)).toBeLessThan(0.1);
    }
  },
);

test.skipIf(noRows)(
  "first tokens of TensorRT-LLM on one A100 are met within 10% (skipped where ../shared/groundtruth is absent)",
  async () => {
    const rows = readFileSync(ROWS, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const cases = rows.filter(
      ([, , gpus, engine, , , , output]) => gpus === "1" && engine === "TensorRT-LLM 0.5" && output === "1",
    );
    expect(cases).toHaveLength(2);
    for (const [, , , , , , input, , , , , milliseconds] of cases) {
      const { ttftSeconds } = await figuresOf({
        model: "llama-2-7b",
        workload: batch(1, Number(input), 1),
        tokenBudget: 4096,
      });
      expect(Math.abs((1000 * ttftSeconds.mean!) / Number(milliseconds) - 1)).toBeLessThan(0.1);
    }
  },
);
