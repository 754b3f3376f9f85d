import { expect, test } from "vitest";
import { loadName, seriesName, varyingKeys } from "../../../src/sim/report/series.ts";

const base = { model: "llama-2-7b", gpu: "a10", queue: "fcfs", gpuBlocks: 100, rate: 1, seed: 0 };

test("a setup is named by what sets it apart; load and what follows from hardware do not", () => {
  const configs = [base, { ...base, gpu: "h100", gpuBlocks: 900, rate: 2, seed: 3 }];
  const varying = varyingKeys(configs);
  expect(varying).toEqual(["gpu", "gpuBlocks"]);
  expect(configs.map((config) => seriesName(config, varying))).toEqual(["a10", "h100"]);
});

test("numbers are named with their setting, a missing one with a dash", () => {
  const configs = [base, { ...base, gpuBlocks: 200 }, { ...base, gpuBlocks: undefined }];
  expect(configs.map((config) => seriesName(config, varyingKeys(configs)))).toEqual([
    "gpuBlocks 100",
    "gpuBlocks 200",
    "gpuBlocks -",
  ]);
});

test("runs that differ in load alone are one series", () => {
  const configs = [base, { ...base, rate: 8 }];
  expect(varyingKeys(configs)).toEqual([]);
  expect(seriesName(base, [])).toBe("llama-2-7b on a10");
  expect(configs.map(loadName)).toEqual(["1 requests/s", "8 requests/s"]);
  expect(loadName({ concurrency: 4, rate: 1 })).toBe("4 users");
  expect(loadName({})).toBe("");
});
