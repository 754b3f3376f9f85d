import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { blocksThatFit, engineNamed, ENGINES, setupUnder } from "../../src/sim/index.ts";
import { errorsByGroup, ifServed, noServingRuns, readServingRuns, sampleOf } from "../support/serving-runs.ts";
import { isSoak } from "../support/soak.ts";

test("the presets are those of the documentation", () => {
  expect([...ENGINES.keys()]).toEqual(["bstar", "vllm-0.15", "vllm-0.8", "sglang", "trtllm", "trtllm-1.2", "vidur"]);
});

test("a name with a version is the newest preset that is not newer", () => {
  for (const [name, preset] of [
    ["vllm-0.15.1", "vllm-0.15"],
    ["vllm-0.19.0", "vllm-0.15"],
    ["vllm-0.12.0", "vllm-0.8"],
    ["sglang-0.5.1.post1", "sglang"],
    ["trtllm-1.0.0rc3", "trtllm"],
    ["trtllm-1.2.0rc6", "trtllm-1.2"],
  ]) {
    expect(engineNamed(name).name).toBe(preset);
  }
  for (const name of ["vllm", "vllm-0.7", "vllm-", "tgi", "VLLM-0.15", ""]) {
    expect(() => engineNamed(name)).toThrow(InvalidOptionError);
  }
  expect(() => engineNamed("tgi")).toThrow(
    /unknown engine "tgi"; known: bstar, vllm-0\.15, .*vidur, or one of these with a version/,
  );
});

test("an engine's figures take the place of the GPU's, but not where these were fitted on it", () => {
  const shape = modelNamed("llama-3-8b");
  const under = (engine: string, gpu: string) => setupUnder(engineNamed(engine), { gpu: gpuNamed(gpu), shape }).gpu;
  expect(under("bstar", "h100")).toBe(gpuNamed("h100"));
  expect(under("vllm-0.15", "rtx-4090")).toBe(gpuNamed("rtx-4090"));
  expect(under("trtllm", "h100").efficiency.hostSecondsPerStep).not.toBe(
    gpuNamed("h100").efficiency.hostSecondsPerStep,
  );
  expect(under("vllm-0.15", "a100-80gb").efficiency.kvSecondsPerByte).toBeGreaterThan(0);
  expect(under("vllm-0.15", "h100").efficiency.kvSecondsPerByte).toBe(0);
});

test("an engine that leaves more memory has fewer blocks", () => {
  const setup = { gpu: gpuNamed("h100"), shape: modelNamed("llama-3-8b") };
  expect(blocksThatFit(setup, 16, engineNamed("sglang").memory)).toBeLessThan(
    blocksThatFit(setup, 16, engineNamed("vllm-0.15").memory),
  );
});

/**
 * Limits of the mean absolute errors against real servers. `npm test` takes every fourth run, with fewer requests; `npm
 * run soak` takes all. Saturated and fixed-concurrency runs are judged end to end: their first tokens depend on how
 * clients start.
 */
describe("runs of real servers", () => {
  const stride = isSoak ? 1 : 4;

  test.skipIf(noServingRuns)(`stay within the limits${ifServed}`, { timeout: 1_200_000 }, async () => {
    const errors = await errorsByGroup(sampleOf(readServingRuns(), stride), stride === 1 ? 4000 : 400);
    const { open, closed, mixtures, saturated } = errors;
    expect(open.count + closed.count + mixtures.count).toBeGreaterThan(stride === 1 ? 150 : 20);
    expect(open.tpot).toBeLessThan(0.04);
    expect(open.e2e).toBeLessThan(0.04);
    expect(open.ttft).toBeLessThan(0.1);
    expect(closed.e2e).toBeLessThan(0.07);
    expect(mixtures.tpot).toBeLessThan(stride === 1 ? 0.04 : 0.06);
    expect(mixtures.e2e).toBeLessThan(stride === 1 ? 0.04 : 0.06);
    expect(saturated.e2e).toBeLessThan(0.1);
  });
});
