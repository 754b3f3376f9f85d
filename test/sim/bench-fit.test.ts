import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { gpuFromJson, gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { benchResultFromJson, fitToBench } from "../../src/sim/index.ts";

const RESULT = {
  date: "x",
  completed: 64,
  total_input_tokens: 64 * 200,
  total_output_tokens: 64 * 40,
  max_concurrency: 16,
  request_rate: "inf",
  mean_tpot_ms: 30,
  mean_ttft_ms: 90,
};
const setup = { gpu: gpuNamed("a10"), shape: modelNamed("llama-3.2-3b") };

describe("results of vLLM's bench serve", () => {
  test("are means of what completed", () => {
    expect(benchResultFromJson(RESULT)).toEqual({
      promptTokens: 200,
      outputTokens: 40,
      requests: 64,
      concurrency: 16,
      rate: null,
      tpotSeconds: 0.03,
      ttftSeconds: 0.09,
    });
  });

  test("name the key that is wrong", () => {
    expect(() => benchResultFromJson({ ...RESULT, mean_tpot_ms: "x" }, "s.json")).toThrow(
      new InvalidOptionError('s.json: "mean_tpot_ms" must be a number above 0, got "x"'),
    );
    expect(() => benchResultFromJson({ ...RESULT, completed: undefined })).toThrow(
      /"completed" must be a number above 0, got nothing/,
    );
    expect(() => benchResultFromJson({ ...RESULT, max_concurrency: null })).toThrow(/the load is not known/);
    expect(() => benchResultFromJson([])).toThrow(/serve\.json must be a JSON object/);
  });
});

test("the fitted GPU gives the measured time a token, and survives a file", async () => {
  const { gpu, pace, runs } = await fitToBench(setup, [benchResultFromJson(RESULT)]);
  expect(runs[0].simulated.tpotSeconds).toBeCloseTo(0.03, 3);
  expect(pace).not.toBeCloseTo(1, 1);
  expect(gpuFromJson(JSON.parse(JSON.stringify(gpu)))).toEqual(gpu);
});

test("an open load is met, too, and what no pace gives is refused", async () => {
  const open = { ...RESULT, max_concurrency: null, request_rate: 4 };
  expect((await fitToBench(setup, [benchResultFromJson(open)])).runs[0].simulated.tpotSeconds).toBeCloseTo(0.03, 3);
  await expect(fitToBench(setup, [benchResultFromJson({ ...open, mean_tpot_ms: 1e-6 })])).rejects.toThrow(
    /no pace from 0\.1 to 10 gives a token in /,
  );
});

test("of several loads the errors are balanced", async () => {
  const loads = [1, 16, 64].map((max_concurrency, i) => ({ ...RESULT, max_concurrency, mean_tpot_ms: 24 + 4 * i }));
  const { runs } = await fitToBench(
    setup,
    loads.map((load) => benchResultFromJson(load)),
  );
  const errors = runs.map(({ measured, simulated }) => Math.log(simulated.tpotSeconds / measured.tpotSeconds));
  expect(errors).toHaveLength(3);
  expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 2);
  await expect(fitToBench(setup, [])).rejects.toThrow(/a fit takes from 1 to 64 results, got 0/);
});
