import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { bStar, DATASHEET_EFFICIENCY, gpuFromJson, gpuNamed, MEAN_EFFICIENCY } from "../../src/roofline/index.ts";

const least = { flops: { fp16: 1e14 }, bytesPerSecond: 1e12, memoryBytes: 2 ** 34 };

describe("gpuFromJson", () => {
  test("three figures are enough; the rest is the mean, a PCIe 4 slot and no price", () => {
    const gpu = gpuFromJson(least, "mine.json");
    expect(bStar(gpu)).toBe(100);
    expect(gpu).toMatchObject({
      name: "mine.json",
      efficiency: MEAN_EFFICIENCY,
      dollarsPerHour: 0,
      link: gpuNamed("a10").link,
    });
    expect(gpu.flops).toEqual({ fp16: 1e14 });
  });

  test("a GPU of the catalogue survives JSON", () => {
    const h100 = gpuNamed("h100");
    expect(gpuFromJson(JSON.parse(JSON.stringify(h100)))).toEqual(h100);
    expect(gpuFromJson({ ...least, efficiency: "datasheet" }).efficiency).toBe(DATASHEET_EFFICIENCY);
  });

  test("figures that are missing beside measured ones are the mean's", () => {
    const { efficiency } = gpuFromJson(
      { ...least, efficiency: { bandwidthShare: 0.5, hostSecondsPerStep: 0 } },
      "mine.json",
    );
    expect(efficiency).toEqual({
      ...MEAN_EFFICIENCY,
      bandwidthShare: 0.5,
      hostSecondsPerStep: 0,
      fittedOn: "mine.json",
    });
  });

  test.each([
    [null, "mine.json must be a JSON object, got null"],
    [{ ...least, flops: undefined }, `mine.json: "flops" must be a JSON object, got undefined`],
    [
      { ...least, flops: { fp16: "fast" } },
      `mine.json: "flops": "fp16" must be a number from 1000000000 to 1000000000000000000, got "fast"`,
    ],
    [{ ...least, flops: { fp16: 1e-300 } }, `mine.json: "flops": "fp16" must be a number from 1000000000 to`],
    [
      { ...least, flops: { fp16: 1e14, fp32: 1e13 } },
      `mine.json: "flops": unknown key "fp32"; known: fp16, int8, fp8, fp4`,
    ],
    [{ ...least, bandwith: 1 }, `mine.json: unknown key "bandwith"; known: name, flops, bytesPerSecond`],
    [
      { ...least, efficiency: { flopShare: 0.5 } },
      `mine.json: "efficiency": unknown key "flopShare"; known: bandwidthShare, `,
    ],
    [
      { ...least, efficiency: { flopsShare: 5 } },
      `mine.json: "efficiency": "flopsShare" must be a number from 0.000001 to 1.5, got 5`,
    ],
    [
      { ...least, efficiency: { kvBandwidthShare: 1e9 } },
      `"kvBandwidthShare" must be a number from 0.000001 to 1.5, got 1000000000`,
    ],
    [{ ...least, efficiency: { hostSecondsPerStep: 60 } }, `"hostSecondsPerStep" must be a number from 0 to 1, got 60`],
    [
      { ...least, link: { bytesPerSecond: 1e10, shear: 1 } },
      `mine.json: "link": unknown key "shear"; known: bytesPerSecond, share`,
    ],
    [{ ...least, memoryBytes: 0 }, `mine.json: "memoryBytes" must be a number from 1 to 1125899906842624, got 0`],
    [{ flops: least.flops, memoryBytes: 1 }, `mine.json: "bytesPerSecond" is missing`],
    [{ ...least, dollarsPerHour: -1 }, `mine.json: "dollarsPerHour" must be a number from 0 to 1000000, got -1`],
    [{ ...least, link: { share: 1 } }, `mine.json: "link": "bytesPerSecond" is missing`],
  ])("names what is wrong with %j", (value, message) => {
    expect(() => gpuFromJson(value, "mine.json")).toThrow(InvalidOptionError);
    expect(() => gpuFromJson(value, "mine.json")).toThrow(message);
  });
});
