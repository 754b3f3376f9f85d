import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMBEDDING_WORKGROUP, embeddingKernel } from "../../../../src/backends/webgpu/kernels/embedding.ts";
import { type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { vocabularyMatrix } from "../../../../src/backends/webgpu/matrices.ts";
import { packAll } from "../../../support/webgpu-packing.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import { toFloat32 } from "../../../../src/quantization/index.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const { config, embedding } = randomModel(1, { hiddenSize: 70, vocabSize: 42 });
const shape = shapeOf(config);

describe.skipIf(noWebGPU)(`embedding${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  /** Hidden states of the tokens, from a table that holds columns [first, first + count) alone. */
  const embed = (
    tokenIds: readonly number[],
    results: readonly number[],
    { first = 0, count = shape.vocabulary, scale = 1 } = {},
  ): Promise<Float32Array> => {
    const target = packAll(vocabularyMatrix(embedding, config), 4 * first, 4 * count);
    const hidden = new Float32Array(tokenIds.length * 4 * shape.hidden).fill(-1);
    return runKernel(
      bench,
      {
        kernel: embeddingKernel(shape, "F32", scale),
        data: [
          columnWords(tokenIds.length, 0, { tokenIds }),
          new Float32Array(target),
          Int32Array.from(results),
          hidden,
        ],
        part: { firstColumn: first, columnCount: count },
        workgroups: [Math.ceil(shape.hidden / EMBEDDING_WORKGROUP), tokenIds.length],
      },
      3,
    );
  };
  /** The twin: a row of the table, padded. */
  const rowOf = (token: number): number[] => [...toFloat32(embedding).slice(token * 70, (token + 1) * 70), 0, 0];

  test("takes each token's row, exactly", async () => {
    const tokens = [0, 3, 4, 41, 3];
    expect([...(await embed(tokens, [0]))]).toEqual(tokens.flatMap(rowOf));
  });

  test("multiplies it by a scale", async () => {
    const scaled = rowOf(5).map((value) => Math.fround(value * 2.5));
    expect([...(await embed([5], [0], { scale: 2.5 }))]).toEqual(scaled);
  });

  test("takes a negative id from what the preceding step sampled", async () => {
    expect([...(await embed([~2, 5, ~0], [7, 8, 9]))]).toEqual([9, 5, 7].flatMap(rowOf));
  });

  test("writes only the tokens that its part of the table has", async () => {
    const untouched = new Array<number>(72).fill(-1);
    expect([...(await embed([11, 12, 19, 20], [0], { first: 3, count: 2 }))]).toEqual(
      [untouched, rowOf(12), rowOf(19), untouched].flat(),
    );
  });
});
