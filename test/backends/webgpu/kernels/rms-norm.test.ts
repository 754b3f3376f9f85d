import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rmsNorm } from "../../../../src/backends/reference/rms-norm.ts";
import { type Adding, type NormVariant, rmsNormKernel } from "../../../../src/backends/webgpu/kernels/rms-norm.ts";
import { type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { bits, columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const VARIANTS: readonly NormVariant[] = ["thread", "group"];
const ROWS = 5;

describe.skipIf(noWebGPU)(`rmsNorm${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  describe.each([32, 281, 3])("of %i numbers", (hiddenSize) => {
    const { config } = randomModel(1, { hiddenSize });
    const shape = shapeOf(config);
    const padded = 4 * shape.hidden;
    const x = numbers(ROWS * hiddenSize, 1);
    const gains = new Float32Array(padded).map((_, i) => (i < hiddenSize ? 1 + i / hiddenSize : 0));
    const inputs = new Float32Array(ROWS * padded);
    for (let i = 0; i < x.length; i++) inputs[Math.floor(i / hiddenSize) * padded + (i % hiddenSize)] = x[i];

    const run = (variant: NormVariant, rows: readonly number[] | null, adding?: Adding): Promise<Float32Array> => {
      const count = rows?.length ?? ROWS;
      // the first sample belongs to another tile
      const columns = columnWords(ROWS, count + 1, rows === null ? {} : { sampleRows: [99, ...rows] });
      const kernel = rmsNormKernel(variant, shape, config, rows === null ? "tokens" : "samples", adding);
      return runKernel(
        bench,
        {
          kernel,
          data: [columns, gains, inputs, new Float32Array(count * padded).fill(adding === undefined ? 0 : 0.5)],
          part: { firstRow: 1 },
          workgroups: [count, 1],
        },
        3,
      );
    };

    test.each(VARIANTS)("%s agrees with its twin to 1e-5", async (variant) => {
      const expected = new Float64Array(x.length);
      rmsNorm(expected, x, gains.slice(0, hiddenSize), ROWS, config.norm.epsilon);
      const actual = await run(variant, null);
      expect(
        distance(
          Float64Array.from(expected, (_, i) => actual[Math.floor(i / hiddenSize) * padded + (i % hiddenSize)]),
          expected,
        ),
      ).toBeLessThan(1e-5);
    });

    test.each(VARIANTS)("%s adds a multiple of it to what is there", async (variant) => {
      const normed = await run(variant, null);
      const sum = await run(variant, null, { added: true, factor: 0.25 });
      expect(
        distance(
          sum,
          Float64Array.from(normed, (value) => 0.5 + 0.25 * value),
        ),
      ).toBeLessThan(1e-6);
    });

    test("variants give the same bits, and samples those of their token's row", async () => {
      const thread = bits(await run("thread", null));
      expect(bits(await run("group", null))).toEqual(thread);
      const picked = bits(await run("thread", [4, 1]));
      expect(picked).toEqual([...thread.slice(4 * padded, 5 * padded), ...thread.slice(padded, 2 * padded)]);
      expect(bits(await run("group", [4, 1]))).toEqual(picked);
    });
  });
});
