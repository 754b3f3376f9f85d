import { expect, test } from "vitest";
import { Timeline } from "../../src/sim/timeline.ts";

const step = { kvUse: 0.5, running: 4, waiting: 2, decodeTokens: 3, promptTokens: 100, preemptions: 1 };

test("points are means over the time that steps ran", () => {
  const timeline = new Timeline();
  timeline.add(0, 0.01, step);
  timeline.add(0.01, 0.03, { ...step, kvUse: 0.9, decodeTokens: 5, preemptions: 0 });
  const [point, ...others] = timeline.points();
  expect(others).toEqual([]);
  expect(point.kvUse).toBeCloseTo(0.8, 9);
  expect(point).toMatchObject({ at: 0, decodeTokens: 4, promptTokens: 100, running: 4, waiting: 2, preemptions: 1 });
});

test("however long it takes, points stay few, of equal length, and lose nothing", () => {
  const timeline = new Timeline();
  for (let i = 0; i < 5000; i++) timeline.add(i, 1, step);
  const points = timeline.points();
  expect(points.length).toBeLessThanOrEqual(256);
  expect(new Set(points.map(({ seconds }) => seconds)).size).toBe(1);
  expect(points.reduce((sum, { preemptions }) => sum + preemptions, 0)).toBe(5000);
  expect(points.at(-1)!.at + points.at(-1)!.seconds).toBeGreaterThanOrEqual(5000);
  for (const { kvUse } of points) expect(kvUse).toBeCloseTo(0.5, 9);
});
