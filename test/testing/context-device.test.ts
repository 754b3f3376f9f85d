import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContextDevice, nextToken } from "../../src/testing/context-device.ts";
import { makePlan } from "../../src/testing/make-plan.ts";

const SIZE = 2;

function deviceOf(options: Partial<ConstructorParameters<typeof ContextDevice>[0]> = {}): ContextDevice {
  return new ContextDevice({ blockCount: 8, blockSize: SIZE, ...options });
}

/** A row of one request: its last token is sampled. */
function row(tokenIds: readonly number[], position: number, table: readonly number[], slot = 0) {
  return { slot, tokenIds, position, tables: [table], sampled: [tokenIds.length - 1] };
}

describe("nextToken", () => {
  test("changes with any token, with their order and with their number", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50_000), { minLength: 2, maxLength: 20 }),
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        (context, place, more) => {
          const at = place % context.length;
          const changed = context.map((token, i) => (i === at ? token + more : token));
          expect(nextToken(changed)).not.toBe(nextToken(context));
        },
      ),
      { seed: 1 },
    );
    expect(
      new Set([nextToken([1, 2, 3]), nextToken([1, 3, 2]), nextToken([1, 2, 3, 0]), nextToken([0, 1, 2, 3])]).size,
    ).toBe(4);
  });

  test("sees only the window", () => {
    expect(nextToken([9, 2, 3], 2)).toBe(nextToken([1, 2, 3], 2));
    expect(nextToken([1, 9, 3], 2)).not.toBe(nextToken([1, 2, 3], 2));
  });
});

describe("ContextDevice", () => {
  test("samples what the whole context gives, however it was cut into steps", () => {
    const whole = deviceOf().run(makePlan(0, SIZE, [row([4, 5, 6], 0, [3, 7])]));
    const device = deviceOf();
    device.run(makePlan(0, SIZE, [row([4, 5], 0, [3])]));
    expect([...device.run(makePlan(1, SIZE, [row([6], 2, [3, 7])]))]).toEqual([...whole]);
    expect(whole[0]).toBe(nextToken([4, 5, 6]));
  });

  test("feeds a sample of the last plan back", () => {
    const device = deviceOf();
    const [first] = device.run(makePlan(0, SIZE, [row([4], 0, [1])]));
    expect(device.run(makePlan(1, SIZE, [row([~0], 1, [1])]))[0]).toBe(nextToken([4, first]));
    expect(() => device.run(makePlan(2, SIZE, [row([~5], 2, [1, 2])]))).toThrow("token 0 asks for sample 5 of 1");
  });

  test("finds a stale block, a table that is too short, and one that was never written", () => {
    const device = deviceOf();
    device.run(makePlan(0, SIZE, [row([4, 5, 6], 0, [1, 2])]));
    expect(() => device.run(makePlan(1, SIZE, [row([7], 3, [2, 2])]))).toThrow(
      "request 0: slot 4 holds position 2, not 0",
    );
    expect(() => device.run(makePlan(1, SIZE, [row([7], 3, [5, 2])]))).toThrow(
      "request 0: slot 10 holds position -1, not 0",
    );
    const plan = makePlan(1, SIZE, [row([7], 3, [1, 2])]);
    plan.groups[0].changes[1] = 1;
    expect(() => device.run(plan)).toThrow("request 0: slot 10 holds position -1, not 0");
  });

  test("a wrong block of the right position is a wrong token", () => {
    const device = deviceOf();
    device.run(makePlan(0, SIZE, [row([4, 5], 0, [1]), row([8, 9], 0, [2], 1)]));
    expect(device.run(makePlan(1, SIZE, [row([6], 2, [2, 3])]))[0]).toBe(nextToken([8, 9, 6]));
  });

  test("finds a block that another salt, another adapter or another beginning filled", () => {
    const salts = ["", "x"];
    const device = deviceOf({ saltOf: (slot) => salts[slot] });
    device.run(makePlan(0, SIZE, [row([4, 5], 0, [1]), { ...row([4, 5], 0, [2], 1) }]));
    expect(device.run(makePlan(1, SIZE, [row([6], 2, [2, 3], 1)]))[0]).toBe(nextToken([4, 5, 6]));
    expect(() => device.run(makePlan(2, SIZE, [row([6], 2, [2, 3])]))).toThrow(
      "slot 4 holds position 0 of another salt, adapter or group",
    );
    expect(() => device.run(makePlan(2, SIZE, [{ ...row([6], 2, [1, 3]), adapterId: 1 }]))).toThrow(
      "slot 2 holds position 0 of another salt, adapter or group",
    );
    device.run(makePlan(3, SIZE, [row([4, 5, 6, 7], 0, [1, 4]), row([8, 5], 0, [5], 1)]));
    expect(() => deviceOf().run(makePlan(4, SIZE, [row([1], 0, [1]), row([2], 0, [2])]))).toThrow(
      "plan 4: change 1 is of blocks 0 to 1 of slot 0",
    );
    device.run(makePlan(5, SIZE, [row([9, 5], 0, [6])]));
    expect(() => device.run(makePlan(6, SIZE, [row([3], 4, [6, 4, 7])]))).toThrow(
      "slot 8 holds position 2 of another beginning",
    );
  });

  test("a row reads what another row of the step writes, whichever comes first", () => {
    const rows = [row([6], 2, [1, 2], 1), row([4, 5], 0, [1])];
    expect(deviceOf().run(makePlan(0, SIZE, rows))[0]).toBe(nextToken([4, 5, 6]));
  });

  test("swaps out, swaps in, then copies", () => {
    const device = deviceOf({ hostBlockCount: 2 });
    device.run(makePlan(0, SIZE, [row([4, 5], 0, [1])]));
    device.run(makePlan(1, SIZE, [row([8, 9], 0, [2])], { swapOuts: [[1, 2]] }));
    device.run(makePlan(2, SIZE, [row([7], 0, [1])], { swapIns: [[2, 5]], copies: [[5, 6]] }));
    expect(device.run(makePlan(3, SIZE, [row([6], 2, [6, 3])]))[0]).toBe(nextToken([4, 5, 6]));
  });

  test("groups must hold the same tokens where both see them", () => {
    const device = deviceOf({ groups: [{ window: null }, { window: 2 }] });
    const step = (tokenIds: readonly number[], tables: readonly (readonly number[])[]) =>
      device.run(
        makePlan(0, SIZE, [
          { slot: 0, tokenIds, position: 3 - tokenIds.length, tables, sampled: [tokenIds.length - 1] },
        ]),
      )[0];
    expect(
      step(
        [4, 5, 6],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ).toBe(nextToken([4, 5, 6]));
    // Another request's block at the same positions: the group that looks back two tokens reads 9 where the other reads
    // 5.
    device.run(makePlan(1, SIZE, [{ slot: 1, tokenIds: [4, 9], position: 0, tables: [[5], [6]], sampled: [1] }]));
    expect(() =>
      step(
        [6],
        [
          [1, 2],
          [6, 4],
        ],
      ),
    ).toThrow("group 1 holds token 9 at position 1, group 0 5");
    // What came before the window may be anything.
    expect(
      step(
        [5, 6],
        [
          [1, 2],
          [6, 4],
        ],
      ),
    ).toBe(nextToken([4, 5, 6]));
  });

  test("slots that a failed step was to write can be made unreadable", () => {
    const device = deviceOf({ hostBlockCount: 1 });
    device.run(makePlan(0, SIZE, [row([4, 5], 0, [1])]));
    const failed = makePlan(1, SIZE, [row([6], 2, [1, 2])], { copies: [[1, 7]], swapOuts: [[1, 1]] });
    expect(device.writtenBy(failed)).toEqual({ device: [4, 14, 15], host: [2, 3] });
    device.run(failed);
    device.spoil(device.writtenBy(failed));
    expect(() => device.run(makePlan(2, SIZE, [row([7], 3, [1, 2])]))).toThrow("slot 4 holds position -1, not 2");
  });
});
