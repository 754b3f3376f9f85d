import { describe, expect, test } from "vitest";
import { RopeAngles, rotate } from "../../../src/backends/reference/rope.ts";
import type { RopeConfig } from "../../../src/rope.ts";
import { distance, dot, numbers } from "../../support/numbers.ts";

const WHOLE: RopeConfig = { theta: 100, dimensions: 8, scaling: null };

function anglesAt(rope: RopeConfig, ...positions: readonly number[]): RopeAngles {
  const angles = new RopeAngles(rope, positions.length);
  angles.set(Int32Array.from(positions), positions.length);
  return angles;
}

/** One head of 8 numbers at one position. */
function rotated(x: Float64Array, position: number, rope = WHOLE): Float64Array {
  const copy = x.slice();
  rotate(copy, 1, anglesAt(rope, position), 1, 8);
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
    rotate(copy, 2, anglesAt(WHOLE, 9, 4), 3, 8);
    for (let head = 0; head < 6; head++) {
      expect(copy.slice(head * 8, head * 8 + 8)).toEqual(rotated(x.slice(head * 8, head * 8 + 8), head < 3 ? 9 : 4));
    }
  });

  test("turns the first dimensions alone where the table has fewer than a head", () => {
    const x = numbers(8, 5);
    const turned = rotated(x, 3, { ...WHOLE, dimensions: 4 });
    expect(turned.slice(4)).toEqual(x.slice(4));
    expect(Math.hypot(turned[0], turned[2])).toBeCloseTo(Math.hypot(x[0], x[2]), 12);
    expect(turned[0]).not.toBe(x[0]);
  });

  test("multiplies by the table's magnitude", () => {
    const x = numbers(8, 6);
    const scaling = { kind: "divisors", divisors: [1, 1, 1, 1], magnitude: 1.5 } as const;
    expect(
      distance(
        rotated(x, 7, { ...WHOLE, scaling }),
        rotated(x, 7).map((value) => 1.5 * value),
      ),
    ).toBeLessThan(1e-14);
  });
});
