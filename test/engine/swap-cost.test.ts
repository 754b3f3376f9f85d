import { describe, expect, test } from "vitest";
import { SwapCost } from "../../src/engine/swap-cost.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

/** Blocks of 16 tokens, on a clock that stands still but for the moves of blocks: seconds a call. */
async function measured({ out = 0.1, back = 0.1, blockCount = 64, fails = "" } = {}): Promise<{
  cost: SwapCost;
  moved: number[];
}> {
  let now = 0;
  const moved: number[] = [];
  const backend = new ScriptedBackend({ info: { blockCount, hostBlockCount: 8 } });
  backend.readBlocks = async (...[blocks]: [ArrayLike<number>?]) => {
    if (fails === "read") throw new Error("cannot read");
    moved.push(...Array.from(blocks!));
    now += out;
    return new Uint8Array();
  };
  backend.writeBlocks = async () => {
    if (fails === "write") throw new Error("cannot write");
    now += back;
  };
  const cost = new SwapCost({ blockSize: 16, hostBlockCount: 8 });
  await cost.measure(backend, () => now);
  return { cost, moved };
}

/** A prompt of so many tokens in one step, from position `from` on. */
const prompt = (tokenCount: number, from = 0) => ({
  tokenCount,
  requestCount: 1,
  positions: tokenCount * from + (tokenCount * (tokenCount + 1)) / 2,
});

const loss = { position: 0, blocksBehind: 0, groupCount: 1 };

describe("SwapCost", () => {
  test("takes keeping to be worth it until a prompt was timed", async () => {
    const { cost } = await measured();
    expect(cost.isWorth(loss)).toBe(true);
    cost.observe({ tokenCount: 8, requestCount: 8, positions: 100 }, 1e-9); // decodes
    cost.observe(prompt(8), 0); // a clock that stands still
    expect(cost.isWorth(loss)).toBe(true);
  });

  test("times eight blocks, or all that there are", async () => {
    expect((await measured()).moved).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await measured({ blockCount: 3 })).moved).toEqual([1, 2, 3]);
  });

  test.each(["read", "write"])(
    "without a backend that can %s blocks nothing is worth it, and nothing else happens",
    async (fails) => {
      const { cost } = await measured({ fails });
      expect(cost.isWorth(loss)).toBe(false);
      cost.observe(prompt(16), 1000);
      expect(cost.isWorth(loss)).toBe(false);
    },
  );

  test("without a host tier nothing is timed, and nothing observed", async () => {
    const backend = new ScriptedBackend();
    backend.readBlocks = () => Promise.reject(new Error("asked for nothing"));
    const cost = new SwapCost(backend.info);
    await cost.measure(backend, () => 0);
    expect(
      cost.loadOf({ tokenCount: 1, requestCount: 1, queryIndptr: [0, 1], contextLengths: [5] } as never),
    ).toBeNull();
  });

  test("compares a block's way there and back, 0.2 s for 8, with computing its 16 tokens again", async () => {
    const { cost } = await measured();
    cost.observe(prompt(100), 0.15); // 0.024 s
    expect(cost.isWorth(loss)).toBe(false);
    const slow = (await measured()).cost;
    slow.observe(prompt(100), 0.16); // 0.0256 s
    expect(slow.isWorth(loss)).toBe(true);
  });

  test("counts the blocks behind it, which are there already and are lost with it", async () => {
    const { cost } = await measured({ out: 0.6, back: 0.1 });
    cost.observe(prompt(100), 0.2); // a block's tokens in 0.032 s, out and back in 0.0875 s, back alone in 0.0125 s
    expect(cost.isWorth({ ...loss, blocksBehind: 2 })).toBe(false); // 0.1125 against 0.096
    expect(cost.isWorth({ ...loss, blocksBehind: 4 })).toBe(true); // 0.1375 against 0.16
  });

  test("counts the blocks of all groups: they hold the same tokens", async () => {
    const { cost } = await measured();
    cost.observe(prompt(100), 0.2);
    expect([cost.isWorth(loss), cost.isWorth({ ...loss, groupCount: 2 })]).toEqual([true, false]);
  });

  test("late tokens cost more where long contexts have shown to", async () => {
    const { cost } = await measured();
    const seconds = ({ tokenCount, positions }: ReturnType<typeof prompt>): number =>
      tokenCount * 1e-3 + positions * 1e-6;
    for (const step of [prompt(64), prompt(64, 4096), prompt(32, 1024), prompt(64, 512)]) {
      cost.observe(step, seconds(step));
    }
    // 0.016 s and 16 us a hundred tokens before it, against 0.025 s.
    expect([0, 480, 640, 4096].map((position) => cost.isWorth({ ...loss, position }))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test("steps that are all alike say nothing of contexts: then tokens are all that counts", async () => {
    const { cost } = await measured();
    for (let step = 0; step < 5; step++) cost.observe(prompt(100), 0.15);
    expect([cost.isWorth(loss), cost.isWorth({ ...loss, position: 100_000 })]).toEqual([false, false]);
  });

  test("goes by what steps take lately", async () => {
    const { cost } = await measured();
    cost.observe(prompt(100), 0.1);
    for (let i = 0; i < 60; i++) cost.observe(prompt(100), 10);
    expect(cost.isWorth(loss)).toBe(true);
  });
});
