import { describe, expect, test } from "vitest";
import { linearCut, workgroupRows, workgroupThreads } from "../../../../src/backends/webgpu/kernels/linear-cuts.ts";
import { GPUS, MODELS, type ModelShape } from "../../../../src/roofline/index.ts";
import { GPU_VARIANTS, SOFTWARE_VARIANTS } from "../../../../src/backends/webgpu/kernels/variants.ts";

/** Numbers of an input row of models from 64 to 53,248. */
const INPUTS = [64, 300, 576, 896, 1024, 1536, 2048, 3072, 3584, 4096, 8192, 14_336, 28_672, 53_248];

describe.each(GPU_VARIANTS.linear)("products of at most $mostRows rows on a GPU", (each) => {
  test.each(INPUTS)("with %i inputs stay within WebGPU's default limits, in whole groups of 32 threads", (inputs) => {
    const cut = linearCut(each, Math.ceil(inputs / 4));
    const threads = workgroupThreads(cut);
    expect(threads % 32).toBe(0);
    expect(threads).toBeLessThanOrEqual(256);
    const vectors =
      cut.kind === "block" ? cut.steps * (workgroupRows(cut) + 4 * cut.columns) : cut.rowsAtATime * threads;
    expect(16 * vectors).toBeLessThanOrEqual(16_384);
    expect(32 % cut.steps).toBe(0);
    expect(cut.rows % cut.rowsAtATime).toBe(0);
    if (cut.kind === "split") expect(cut.lanes).toBeGreaterThanOrEqual(cut.rowsAtATime);
  });

  test("read each weight once while there are at most 32 rows", () => {
    if (each.mostRows <= 32) expect(workgroupRows(each)).toBeGreaterThanOrEqual(each.mostRows);
  });
});

/** Bytes that memory takes to answer for, at 500 ns: what is on its way at any time where memory never waits. */
const LATENCY_SECONDS = 5e-7;
/** A matrix of which an eighth is on its way at once is read at the speed of memory as far as it can be. */
const LARGEST_SHARE = 1 / 8;

/** Bytes of four weights, the unit of a thread's loads, and loads for a vector of inputs. */
const FORMATS = [
  { name: "BF16", bitsPerWeight: 16, bytesPerStep: 4 * 8 },
  { name: "Q4_0", bitsPerWeight: 4.5, bytesPerStep: 2 * 4 },
] as const;

const DENSE = [...MODELS.values()].filter(({ experts, latent }) => experts === null && latent === undefined);

/** Inputs and outputs of the products of a layer, and of the logits. */
function products({ hiddenSize, headCount, kvHeadCount, headDim, intermediateSize, vocabSize }: ModelShape) {
  return [
    [hiddenSize, (headCount + 2 * kvHeadCount) * headDim],
    [headCount * headDim, hiddenSize],
    [hiddenSize, 2 * intermediateSize],
    [intermediateSize, hiddenSize],
    [hiddenSize, vocabSize],
  ] as const;
}

/** What one dispatch reads of a matrix, and what of it is on its way at once. */
function launchOf(
  rows: number,
  inputs: number,
  outputs: number,
  { bitsPerWeight, bytesPerStep }: (typeof FORMATS)[number],
) {
  const cut = linearCut(
    GPU_VARIANTS.linear.find(({ mostRows }) => rows <= mostRows)!,
    Math.ceil(inputs / 4),
  );
  const columns = Math.ceil(outputs / 4);
  const lanes = Math.min(cut.lanes, Math.ceil(inputs / 128));
  const matrixBytes = (inputs * outputs * bitsPerWeight) / 8;
  return {
    cut,
    matrixBytes,
    weightBytes: matrixBytes * Math.ceil(rows / workgroupRows(cut)),
    otherBytes: 4 * rows * (inputs + outputs),
    // row groups load the same weights
    inFlightBytes: columns * lanes * cut.steps * bytesPerStep,
  };
}

describe.each(DENSE.map((shape) => [shape.name, shape] as const))("launches of %s", (_, shape) => {
  test.each(FORMATS)("read $name weights once, in groups of 32 threads, for 1 to 64 rows", (format) => {
    for (const rows of [1, 2, 3, 4, 7, 8, 16, 32, 64]) {
      for (const [inputs, outputs] of products(shape)) {
        const { cut, matrixBytes, weightBytes, otherBytes } = launchOf(rows, inputs, outputs, format);
        expect((weightBytes + otherBytes) / (matrixBytes + otherBytes)).toBeLessThanOrEqual(1.15);
        expect(workgroupThreads(cut) % 32).toBe(0);
      }
    }
  });

  test("keep the memory of each GPU of the catalogue busy with BF16 weights, for 1 to 8 rows", () => {
    for (const gpu of GPUS.values()) {
      for (const rows of [1, 2, 4, 8]) {
        for (const [inputs, outputs] of products(shape)) {
          const { inFlightBytes, matrixBytes } = launchOf(rows, inputs, outputs, FORMATS[0]);
          const wanted = Math.min(gpu.bytesPerSecond * LATENCY_SECONDS, matrixBytes * LARGEST_SHARE);
          expect({ gpu: gpu.name, rows, inputs, outputs, isBusy: inFlightBytes >= wanted }).toMatchObject({
            isBusy: true,
          });
        }
      }
    }
  });
});

test("shaders on a CPU have no workgroup memory", () => {
  const kinds = SOFTWARE_VARIANTS.linear.map((each) => linearCut(each, 32).kind);
  expect(kinds).toEqual(["row", "tile"]);
});
