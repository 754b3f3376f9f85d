import { expect, test } from "vitest";
import { evictionLoss } from "../../src/engine/eviction-loss.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

const BLOCK = 4;

function setUp(options: { blockCount: number; groups?: readonly { window: number | null }[] }) {
  const losses: ReturnType<typeof evictionLoss>[] = [];
  const scheduler: Scheduler = new Scheduler({
    ...options,
    blockSize: BLOCK,
    hostBlockCount: 32,
    worthSwapping: (block) => losses.push(evictionLoss(scheduler.kv, block)) > 0,
  });
  const compute = (from: number, blocks: number): void => {
    scheduler.submit(
      { id: from, promptTokenIds: Array.from({ length: BLOCK * blocks }, (_, i) => from + i), maxTokens: 1 },
      0,
    );
    const plan = scheduler.schedule(0)!;
    scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount) }, 0);
  };
  return { compute, losses };
}

test("a chain goes from its end: each block has those behind it on the host, and lies before them", () => {
  const { compute, losses } = setUp({ blockCount: 5 });
  compute(0, 4);
  compute(100, 4);
  expect(losses).toEqual([
    { position: 12, blocksBehind: 0, groupCount: 1 },
    { position: 8, blocksBehind: 1, groupCount: 1 },
    { position: 4, blocksBehind: 2, groupCount: 1 },
  ]);
});

test("no more than sixteen behind are counted", () => {
  const { compute, losses } = setUp({ blockCount: 20 });
  compute(0, 19);
  compute(1000, 19);
  expect(losses.map(({ blocksBehind }) => blocksBehind)).toEqual([...Array(17).keys(), 16]);
});

test("the blocks of all groups that have the same tokens count", () => {
  const { compute, losses } = setUp({ blockCount: 6, groups: [{ window: null }, { window: null }] });
  compute(0, 2);
  compute(100, 2);
  expect(losses).toEqual([
    { position: 4, blocksBehind: 0, groupCount: 2 },
    { position: 0, blocksBehind: 1, groupCount: 2 },
  ]);
});
