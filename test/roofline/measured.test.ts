import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { bStar, gpuFromMeasurement, modelNamed, StepLoad, StepTime } from "../../src/roofline/index.ts";

const shape = modelNamed("smollm2-135m");
const measurement = {
  name: "here",
  shape,
  weightBits: 16,
  sampled: false,
  floorSeconds: 4e-3,
  secondsPerToken: 50e-6,
  memoryBytes: 2 ** 30,
};

test("a measured GPU has the B* that was measured, and predicts the steps it was made from", () => {
  const gpu = gpuFromMeasurement(measurement);
  expect(bStar(gpu)).toBeCloseTo(4e-3 / 50e-6, 9);
  const time = new StepTime({ gpu, shape });
  expect(time.weightFloorSeconds).toBeCloseTo(4e-3, 12);
  expect(time.matrixSecondsPerToken).toBeCloseTo(50e-6, 12);
});

test("the head counts where every token was sampled", () => {
  const gpu = gpuFromMeasurement({ ...measurement, sampled: true });
  const load = new StepLoad(shape);
  load.add(1, 1, 1);
  expect(new StepTime({ gpu, shape }).deviceSeconds(load)).toBeGreaterThan(4e-3);
  expect(new StepTime({ gpu, shape }).deviceSeconds(load)).toBeLessThan(4.1e-3);
});

test("refuses what was not measured", () => {
  expect(() => gpuFromMeasurement({ ...measurement, floorSeconds: Number.NaN })).toThrow(InvalidOptionError);
  expect(() => gpuFromMeasurement({ ...measurement, secondsPerToken: 0 })).toThrow(
    "secondsPerToken of here must be a finite number above 0, got 0",
  );
});
