import { expect, test } from "vitest";
import { Gauge } from "../../src/sim/gauge.ts";

test("mean over the time that values held, peak of all", () => {
  const gauge = new Gauge();
  gauge.add(10, 1);
  gauge.add(20, 3);
  expect(gauge.mean).toBe(17.5);
  expect(gauge.peak).toBe(20);
  expect(new Gauge().mean).toBe(0);
});
