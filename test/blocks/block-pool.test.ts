import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { BlockPool } from "../../src/blocks/block-pool.ts";
import { InvalidOptionError } from "../../src/errors.ts";

function facts(pool: BlockPool): string {
  return JSON.stringify({
    ...counts(pool),
    blocks: Array.from({ length: pool.blockCount }, (_, i) => pool.inspect(i + 1)),
  });
}

function counts({ freeCount, cachedCount, heldCount, availableCount }: BlockPool) {
  return { free: freeCount, cached: cachedCount, held: heldCount, available: availableCount };
}

/** The command throws the message, and nothing has changed. */
function refuses(pool: BlockPool, command: () => unknown, message: string): void {
  const before = facts(pool);
  expect(command).toThrow(new AssertionError(message));
  expect(facts(pool)).toBe(before);
  pool.checkInvariants();
}

describe("BlockPool", () => {
  test("hands out every block once, and never NULL_BLOCK", () => {
    const pool = new BlockPool(3);
    expect(counts(pool)).toEqual({ free: 3, cached: 0, held: 0, available: 3 });
    expect([pool.acquire(), pool.acquire(), pool.acquire()].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(counts(pool)).toEqual({ free: 0, cached: 0, held: 3, available: 0 });
    refuses(pool, () => pool.acquire(), "acquire() with no block free");
  });

  test("a block is held until its last holder lets go, then used again first", () => {
    const pool = new BlockPool(4);
    const block = pool.acquire();
    expect([pool.share(block), pool.references[block]]).toEqual([false, 2]);
    expect([pool.release(block), pool.release(block)]).toEqual(["held", "free"]);
    expect(pool.acquire()).toBe(block);
  });

  test("a labelled block becomes cached, and held again by sharing", () => {
    const pool = new BlockPool(2);
    const block = pool.acquire();
    pool.label(block, 7);
    expect(pool.release(block)).toBe("cached");
    expect(counts(pool)).toEqual({ free: 1, cached: 1, held: 0, available: 2 });
    expect([pool.share(block), pool.labels[block]]).toEqual([true, 7]);
    pool.unlabel(block);
    expect([pool.release(block), pool.labels[block]]).toEqual(["free", 0]);
  });

  test("a cached block that loses its label is free", () => {
    const pool = new BlockPool(1);
    pool.label(pool.acquire(), 1);
    pool.release(1);
    pool.unlabel(1);
    expect([counts(pool), pool.acquire()]).toEqual([{ free: 1, cached: 0, held: 0, available: 1 }, 1]);
  });

  test("inspect tells where a block stands", () => {
    const pool = new BlockPool(2);
    expect(pool.inspect(2)).toEqual({ block: 2, state: "free", references: 0, indexed: false });
    const block = pool.acquire();
    pool.share(block);
    pool.label(block, 1);
    expect(pool.inspect(block)).toEqual({ block, state: "held", references: 2, indexed: true });
    pool.release(block);
    pool.release(block);
    expect(pool.inspect(block)).toEqual({ block, state: "cached", references: 0, indexed: true });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31 - 1])(
    "refuses to hold %s blocks",
    (blockCount) => {
      expect(() => new BlockPool(blockCount)).toThrow(
        new InvalidOptionError(`blockCount must be an integer in [1, 2147483647), got ${blockCount}`),
      );
    },
  );

  test("refuses what a block's state does not allow, with nothing changed", () => {
    const pool = new BlockPool(3);
    const held = pool.acquire();
    const labelled = pool.acquire();
    pool.label(labelled, 9);
    const free = 3;
    refuses(pool, () => pool.release(free), "release(3): the block is not held");
    refuses(pool, () => pool.share(free), "share(3): the block is free");
    refuses(pool, () => pool.label(free, 1), "label(3): must be held and unlabelled");
    refuses(pool, () => pool.label(labelled, 1), `label(${labelled}): must be held and unlabelled`);
    refuses(pool, () => pool.unlabel(held), `unlabel(${held}): the block is not labelled`);
    pool.release(labelled);
    refuses(pool, () => pool.release(labelled), `release(${labelled}): the block is not held`);
    refuses(pool, () => pool.label(labelled, 1), `label(${labelled}): must be held and unlabelled`);
  });

  test.each([0, -1, 4, 1.5, Number.NaN])("%s is no block of three: neither shared, released nor inspected", (block) => {
    const pool = new BlockPool(3);
    const message = `${block} is not a block id in 1..3`;
    refuses(pool, () => pool.share(block), message);
    refuses(pool, () => pool.release(block), message);
    refuses(pool, () => pool.inspect(block), message);
    refuses(pool, () => pool.label(block, 1), `label(${block}): must be held and unlabelled`);
    refuses(pool, () => pool.unlabel(block), `unlabel(${block}): the block is not labelled`);
  });

  test("counts no more holders than it can", () => {
    const pool = new BlockPool(1);
    const block = pool.acquire();
    for (let holders = 1; holders < 65_535; holders++) pool.share(block);
    refuses(pool, () => pool.share(block), "share(1): 65535 references already");
  });

  test("free + cached + held = blockCount after any program, and each block stands where a model says", () => {
    const commands = fc.array(
      fc.tuple(fc.constantFrom("acquire", "share", "release", "label", "unlabel"), fc.integer({ min: 1, max: 6 })),
      { maxLength: 150 },
    );
    fc.assert(
      fc.property(commands, (program) => {
        const pool = new BlockPool(6);
        const model = Array.from({ length: 7 }, () => ({ references: 0, label: 0 }));
        for (const [verb, picked] of program) runOnBoth(pool, model, verb, picked);
        for (let block = 1; block <= 6; block++) {
          const { references, label } = model[block];
          const state = references > 0 ? "held" : label > 0 ? "cached" : "free";
          expect(pool.inspect(block)).toEqual({ block, state, references, indexed: label > 0 });
        }
      }),
    );
  });

  /** Runs a command on the pool and on the model; one that the model forbids has to throw. */
  function runOnBoth(
    pool: BlockPool,
    model: { references: number; label: number }[],
    verb: string,
    picked: number,
  ): void {
    const at = model[picked];
    const isFree = at.references === 0 && at.label === 0;
    const allowed = {
      acquire: pool.freeCount > 0,
      share: !isFree,
      release: at.references > 0,
      label: at.references > 0 && at.label === 0,
      unlabel: at.label > 0,
    }[verb];
    const run = {
      acquire: () => pool.acquire(),
      share: () => pool.share(picked),
      release: () => pool.release(picked),
      label: () => pool.label(picked, 1),
      unlabel: () => pool.unlabel(picked),
    }[verb]!;
    if (!allowed) expect(run).toThrow(AssertionError);
    else {
      const result = run();
      if (verb === "acquire") {
        model[result as number] = { references: model[result as number].references + 1, label: 0 };
      } else if (verb === "share") at.references++;
      else if (verb === "release") at.references--;
      else at.label = verb === "label" ? 1 : 0;
    }
    expect(pool.freeCount + pool.cachedCount + pool.heldCount).toBe(6);
    pool.checkInvariants();
  }

  test("says how many bytes its columns take: 14 a block", () => {
    expect(new BlockPool(1000).byteLength).toBe(2 * 1001 + 4 * 1001 + 2 * 4 * 1002);
  });

  test("checkInvariants finds links that somebody else broke", () => {
    const pool = new BlockPool(3);
    pool.links.next[2] = 2;
    expect(() => pool.checkInvariants()).toThrow(new AssertionError("block 2 is free twice"));
    const short = new BlockPool(3);
    short.links.next[1] = 3;
    expect(() => short.checkInvariants()).toThrow(new AssertionError("the free stack says 3 blocks and holds 2"));
    const stray = new BlockPool(3);
    stray.acquire();
    stray.links.next[3] = 1;
    stray.links.next[2] = 1;
    stray.links.next[1] = 0;
    expect(() => stray.checkInvariants()).toThrow(new AssertionError("block 1 is held, the free stack says otherwise"));
  });
});
