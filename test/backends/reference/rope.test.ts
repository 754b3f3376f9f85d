import { describe, expect, test } from "vitest";
import { createRopeTable, rotate } from "../../../src/backends/reference/rope.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { distance, dot, numbers } from "../../support/numbers.ts";

const { config } = randomModel(1, { headDim: 8, ropeTheta: 100 });
const table = createRopeTable(config);

/** One head of 8 numbers at one position. */
function rotated(x: Float64Array, position: number): Float64Array {
  const copy = x.slice();
  rotate(copy, Int32Array.of(position), 1, table, 1, 8);
  return copy;
}

describe("rotate", () => {
  test("turns pair (i, i + 4) by position * theta^(-2i/8)", () => {
    const x = numbers(8, 1);
    const expected = new Float64Array(8);
    for (let i = 0; i < 4; i++) {
      const angle = 5 * 100 ** (-i / 4);
      const [radius, start] = [Math.hypot(x[i], x[i + 4]), Math.atan2(x[i + 4], x[i])];
      [expected[i], expected[i + 4]] = [radius * Math.cos(start + angle), radius * Math.sin(start + angle)];
    }
    expect(distance(rotated(x, 5), expected)).toBeLessThan(1e-14);
  });

  test("products depend on the distance of positions alone; position 0 changes nothing", () => {
    const [query, key] = [numbers(8, 2), numbers(8, 3)];
    expect(dot(rotated(query, 57), rotated(key, 50))).toBeCloseTo(dot(rotated(query, 7), key), 12);
    expect(rotated(query, 0)).toEqual(query);
  });

  test("every head of every token turns by its token's position", () => {
    const x = numbers(2 * 3 * 8, 4);
    const copy = x.slice();
    rotate(copy, Int32Array.of(9, 4), 2, table, 3, 8);
    for (let head = 0; head < 6; head++) {
      expect(copy.slice(head * 8, head * 8 + 8)).toEqual(rotated(x.slice(head * 8, head * 8 + 8), head < 3 ? 9 : 4));
    }
  });
});

test("the table ends with the context", () => {
  expect(table.cosines.length).toBe(config.contextLength * 4);
});
