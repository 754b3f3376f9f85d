import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bStar,
  DATASHEET_EFFICIENCY,
  type Gpu,
  gpuNamed,
  GPUS,
  modelNamed,
  type ModelShape,
  StepLoad,
  StepTime,
} from "../../src/roofline/index.ts";
import {
  a100Gemm,
  a100Steps,
  a10gPair,
  errorsOf,
  ifMeasured,
  meanAbsolute,
  type MeasuredGroup,
  noMeasurements,
  tensorRtRows,
  vllmSteps,
} from "../support/roofline-measurements.ts";

const llama = modelNamed("llama-7b");
const a10: Gpu = { ...gpuNamed("a10"), efficiency: DATASHEET_EFFICIENCY };

function decodes(shape: ModelShape, batch: number, context: number): StepLoad {
  const load = new StepLoad(shape);
  for (let request = 0; request < batch; request++) load.add(1, context, 1);
  return load;
}

/** Groups whose mean absolute error is not below `limit`, with it. */
function beyond(limit: number, groups: readonly MeasuredGroup[]): string[] {
  return groups
    .map((group) => ({ name: group.name, error: meanAbsolute(errorsOf(group)) }))
    .filter(({ error }) => !(error < limit))
    .map(({ name, error }) => `${name}: ${(100 * error).toFixed(1)}%`);
}

describe("StepTime", () => {
  test("the talk: int8 halves the weight-reading floor, int4 quarters it; int8 arithmetic halves the slope too", () => {
    const at = (weightBits: number, arithmetic?: "int8") =>
      new StepTime({ gpu: a10, shape: llama, weightBits, arithmetic });
    expect(at(8).weightFloorSeconds).toBeCloseTo(at(16).weightFloorSeconds / 2, 12);
    expect(at(4).weightFloorSeconds).toBeCloseTo(at(16).weightFloorSeconds / 4, 12);
    expect(at(8).matrixSecondsPerToken).toBe(at(16).matrixSecondsPerToken);
    expect(at(8, "int8").matrixSecondsPerToken).toBeCloseTo(at(16).matrixSecondsPerToken / 2, 12);
  });

  test("the talk: reading 7B weights takes an A10 22 ms, which is what floor and head add up to", () => {
    const time = new StepTime({ gpu: a10, shape: llama });
    expect(time.weightFloorSeconds + time.headFloorSeconds).toBeCloseTo(0.022, 3);
  });

  test("the talk: a step is flat below B* and linear above", () => {
    const time = new StepTime({ gpu: a10, shape: llama });
    const knee = Math.round(bStar(a10));
    const matrices = (tokens: number) => {
      const load = new StepLoad(llama);
      load.add(tokens, tokens, 0);
      return (
        time.deviceSeconds(load) -
        load.attentionPairs[0] * time.pairSeconds[0] -
        load.kvTokensRead[0] * time.kvSecondsPerToken[0] -
        tokens * time.elementwiseSecondsPerToken
      );
    };
    expect(matrices(Math.round(knee / 4)) / matrices(1)).toBeLessThan(1.04);
    expect(matrices(knee) / matrices(1)).toBeCloseTo(Math.SQRT2, 2);
    expect(matrices(16 * knee) / matrices(8 * knee)).toBeCloseTo(2, 1);
  });

  test("floor and slope meet at B*, on every GPU and for every model", () => {
    for (const gpu of GPUS.values()) {
      const time = new StepTime({
        gpu: { ...gpu, efficiency: DATASHEET_EFFICIENCY },
        shape: modelNamed("qwen2.5-7b"),
        weightBits: 8,
      });
      expect(time.weightFloorSeconds / time.matrixSecondsPerToken).toBeCloseTo(bStar(gpu, { weightBits: 8 }), 6);
    }
  });

  test("reading KV costs its bytes: fewer with grouped queries, fewer bits, a window", () => {
    const read = (shape: ModelShape, context: number, kvBits = 16) => {
      const time = new StepTime({ gpu: a10, shape, kvBits });
      return decodes(shape, 1, context).kvTokensRead[0] * time.kvSecondsPerToken[0];
    };
    expect(read(llama, 4096)).toBeCloseTo(2 ** 31 / 600e9, 12);
    expect(read(modelNamed("mistral-7b"), 4096)).toBeCloseTo(read(llama, 4096) / 4, 12);
    expect(read(modelNamed("mistral-7b"), 8192)).toBe(read(modelNamed("mistral-7b"), 4096));
    expect(read(llama, 4096, 8)).toBeCloseTo(read(llama, 4096) / 2, 12);
  });

  test("host work is beside the device's, a step and a request", () => {
    const gpu = gpuNamed("rtx-4090");
    const [time, load] = [new StepTime({ gpu, shape: llama }), decodes(llama, 10, 100)];
    expect(time.stepSeconds(load) - time.deviceSeconds(load)).toBeCloseTo(
      gpu.efficiency.hostSecondsPerStep + 10 * gpu.efficiency.hostSecondsPerRequest,
      12,
    );
  });

  test("several GPUs share the reading and pay for all-reduces: NVLink is worth it, PCIe hardly", () => {
    const speedup = (name: string) => {
      const load = decodes(llama, 64, 500);
      return (
        new StepTime({ gpu: gpuNamed(name), shape: llama }).deviceSeconds(load) /
        new StepTime({ gpu: gpuNamed(name), shape: llama, gpus: 2 }).deviceSeconds(load)
      );
    };
    expect(speedup("a100-80gb")).toBeGreaterThan(1.6);
    expect(speedup("a10")).toBeLessThan(speedup("a100-80gb"));
  });

  test("law: a step takes longer with any more work, and one step of two halves less than two steps", () => {
    const time = new StepTime({ gpu: gpuNamed("l4"), shape: llama });
    const request = fc.tuple(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: 4000 }),
      fc.integer({ min: 0, max: 1 }),
    );
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 20 }),
        fc.array(request, { minLength: 1, maxLength: 20 }),
        (some, others) => {
          const [both, first, second] = [new StepLoad(llama), new StepLoad(llama), new StepLoad(llama)];
          for (const [query, before, samples] of some) {
            for (const load of [both, first]) load.add(query, before + query, samples);
          }
          for (const [query, before, samples] of others) {
            for (const load of [both, second]) load.add(query, before + query, samples);
          }
          expect(time.stepSeconds(both)).toBeGreaterThan(time.stepSeconds(first));
          expect(time.stepSeconds(both)).toBeLessThan(time.stepSeconds(first) + time.stepSeconds(second));
        },
      ),
    );
  });
});

describe.skipIf(noMeasurements)(`StepTime against measurements${ifMeasured}`, () => {
  test("A100 step tables: within 10% on average, decodes of each source within 5%", () => {
    const groups = a100Steps();
    const of = (phase: string) => groups.filter(({ name }) => name.includes(phase)).flatMap((group) => errorsOf(group));
    expect(groups.flatMap(({ cases }) => cases)).toHaveLength(140);
    expect(meanAbsolute(of("prefill"))).toBeLessThan(0.1);
    expect(meanAbsolute(of("decode"))).toBeLessThan(0.05);
    expect(
      beyond(
        0.05,
        groups.filter(({ name }) => name.includes("decode")),
      ),
    ).toEqual([]);
    expect(beyond(0.12, groups)).toEqual([]);
  });

  test("A100 matrix products: floor within 5%, slope within 10% on average", () => {
    const [floor, slope] = a100Gemm();
    expect(beyond(0.05, [floor])).toEqual([]);
    expect(beyond(0.1, [slope])).toEqual([]);
  });

  test("TensorRT-LLM on one A100 and on two: each batch and each first token within 10%", () => {
    const rows = tensorRtRows();
    expect(rows.map(({ cases }) => cases.length)).toEqual([3, 1, 2]);
    for (const error of rows.flatMap((group) => errorsOf(group))) expect(Math.abs(error)).toBeLessThan(0.1);
  });

  test("vLLM on an RTX 4090: decode and full prefill steps within 5% on average", () => {
    expect(vllmSteps().map(({ cases }) => cases.length)).toEqual([12, 8]);
    expect(beyond(0.05, vllmSteps())).toEqual([]);
  });

  test("vLLM on two A10G: the row that the PCIe share was taken from comes out within 10%", () => {
    expect(beyond(0.1, a10gPair())).toEqual([]);
  });
});

describe("mixtures of experts", () => {
  const shape = modelNamed("qwen3-30b-a3b");
  const time = new StepTime({ gpu: gpuNamed("h100"), shape });
  /** Seconds of a step of so many decodes that read no context, what grows with each token left out. */
  const device = (count: number): number => {
    const load = new StepLoad(shape);
    load.tokens = load.requests = count;
    return time.deviceSeconds(load) - (time.elementwiseSecondsPerToken + time.allReduceSecondsPerToken) * count;
  };

  test("a token reads the experts that it uses, many tokens read all", () => {
    const [one, many] = [device(1) - time.launchSeconds, device(512) - time.launchSeconds];
    expect(one).toBeLessThan(0.15 * time.weightFloorSeconds);
    expect(many).toBeGreaterThan(time.weightFloorSeconds);
    expect(many).toBeLessThan(1.1 * time.weightFloorSeconds);
  });

  test("each token more reads no less", () => {
    for (let count = 1; count < 600; count += 7) expect(device(count + 7)).toBeGreaterThan(device(count));
  });

  test("experts are read at a share of their own, and a layer of them has times of its own", () => {
    const { efficiency } = gpuNamed("h100");
    const of = (changed: object, arithmetic: "fp16" | "fp8" = "fp16") =>
      new StepTime({ gpu: { ...gpuNamed("h100"), efficiency: { ...efficiency, ...changed } }, shape, arithmetic });
    const half = of({ expertBandwidthShare: efficiency.expertBandwidthShare / 2 });
    expect(half.weightFloorSeconds / of({}).weightFloorSeconds).toBeGreaterThan(1.8);
    const more = { mixtureSecondsPerLayer: 1, lowPrecisionMixtureSecondsPerLayer: 2 };
    expect(of(more).launchSeconds).toBeCloseTo(48, 1);
    expect(of(more, "fp8").launchSeconds).toBeCloseTo(144, 1);
  });

  test("as many experts as a token uses are a dense model", () => {
    const experts = { ...shape.experts!, count: 8, perToken: 8 };
    const dense = new StepTime({ gpu: gpuNamed("h100"), shape: { ...shape, experts } });
    const load = new StepLoad(shape);
    load.add(1, 10, 1);
    expect(dense.deviceSeconds(load)).toBeGreaterThan(dense.weightFloorSeconds);
  });
});
