import { describe, expect, test } from "vitest";
import { SwapCost } from "../../src/engine/swap-cost.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

/** A clock that stands still but for the moves, which take a tenth of a second each way. */
async function measured(blockCount = 64): Promise<{ cost: SwapCost; moved: number[] }> {
  let now = 0;
  const moved: number[] = [];
  const backend = new ScriptedBackend({ info: { blockCount } });
  backend.readBlocks = async (...[blocks]: [ArrayLike<number>?]) => (moved.push(...Array.from(blocks!)), (now += 0.1), new Uint8Array());
  backend.writeBlocks = async () => void (now += 0.1);
  const cost = new SwapCost(16);
  await cost.measure(backend, () => now);
  return { cost, moved };
}

describe("SwapCost", () => {
  test("takes swapping to be worth it until a prompt was timed", async () => {
    const { cost } = await measured();
    expect(cost.worthSwapping).toBe(true);
    cost.observe(8, 8, 100);
    expect(cost.worthSwapping).toBe(true);
  });

  test("times eight blocks, or all that there are", async () => {
    expect((await measured()).moved).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await measured(3)).moved).toEqual([1, 2, 3]);
  });

  test("compares a block's way there and back with computing its 16 tokens again", async () => {
    const { cost } = await measured();
    cost.observe(100, 1, 0.15);
    expect(cost.worthSwapping).toBe(false);
    const slow = (await measured()).cost;
    slow.observe(100, 1, 0.16);
    expect(slow.worthSwapping).toBe(true);
  });

  test("goes by what steps take lately", async () => {
    const { cost } = await measured();
    cost.observe(100, 1, 0.1);
    for (let i = 0; i < 40; i++) cost.observe(100, 1, 10);
    expect(cost.worthSwapping).toBe(true);
  });
});
