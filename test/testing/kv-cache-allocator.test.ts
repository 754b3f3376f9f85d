import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AllocatorSizes,
  checkProgram,
  type Command,
  KvCacheAllocator,
  programs,
} from "../../src/testing/index.ts";
import { NO_DOMAIN } from "../../src/testing/allocator/allocator.ts";
import { soakCount } from "../support/soak.ts";

const SIZES: AllocatorSizes = { blockCount: 4, blockSize: 2, maxTokens: 16, windows: [null], hostBlockCount: 2 };
const make = (sizes: AllocatorSizes) => new KvCacheAllocator(sizes);
/**
 * The law suite runs short programs; this one is as long as a day. Cheap laws are checked after each command, the
 * others after each 1,000.
 */
const LONG = { commands: soakCount(20_000), every: 1000 };

describe("KvCacheAllocator", () => {
  test("reports each move once, with the operation that makes it", () => {
    const allocator = make(SIZES);
    allocator.allocate(0, [1, 2, 3, 4], NO_DOMAIN);
    allocator.issue();
    expect(allocator.allocate(1, [1, 2, 3, 5], NO_DOMAIN)).toEqual({
      cachedTokens: 3,
      copies: [[2, 3]],
      swapOuts: [],
      swapIns: [],
    });
    expect(allocator.append(1, [6])).toEqual({ copies: [], swapOuts: [], swapIns: [] });
  });

  test("evicts to host memory and takes from there", () => {
    const allocator = make(SIZES);
    allocator.allocate(0, [1, 2, 3, 4], NO_DOMAIN);
    allocator.issue();
    allocator.free(0);
    expect(allocator.allocate(1, [5, 6, 7, 8, 9, 10, 11, 12], NO_DOMAIN)?.swapOuts).toHaveLength(2);
    expect(allocator.hostStats()).toEqual({ free: 0, cached: 2, held: 0 });
    allocator.issue();
    allocator.free(1);
    expect(allocator.allocate(0, [1, 2, 3, 4, 5], NO_DOMAIN)).toMatchObject({
      cachedTokens: 4,
      swapIns: [expect.anything(), expect.anything()],
    });
  });

  test("shows blocks that a window left as none", () => {
    const allocator = make({ ...SIZES, windows: [1] });
    allocator.allocate(0, [1, 2, 3, 4, 5], NO_DOMAIN);
    allocator.issue();
    allocator.commit();
    expect(allocator.table(0, 0)).toEqual([-1, 2, 3]);
  });

  test("a fork beside steps in flight slides its windows with its parent's steps, and ends with its own", () => {
    const allocator = make({ ...SIZES, windows: [1] });
    allocator.allocate(0, [1, 2, 3, 4, 5], NO_DOMAIN);
    allocator.issue();
    allocator.fork(0, 1);
    allocator.issue();
    allocator.commit();
    expect(allocator.table(1, 0)).toEqual([-1, 2, 3]);
    allocator.rollback();
    allocator.free(0);
    expect(allocator.stats().held).toBe(0);
  });

  test("keeps no domain longer than it is used", () => {
    const allocator = make(SIZES);
    allocator.lookup([1, 2], { salt: "a", adapterId: 1 });
    expect(allocator.allocate(0, [1, 2, 3, 4, 5, 6, 7, 8, 9], { salt: "b", adapterId: 1 })).toBeNull();
    allocator.allocate(1, [1], { salt: "c", adapterId: 0 });
    allocator.free(1);
    expect(allocator.kv.prefixes.domains.size).toBe(0);
  });
});

/** Programs that broke a law once. */
describe("regressions", () => {
  test.each<[string, Partial<AllocatorSizes>, Command[]]>([
    [
      "a sequence gets the shared block back when the step that copies it fails",
      {},
      [
        { kind: "allocate", sequence: 0, tokens: [0] },
        { kind: "fork", sequence: 0, child: 1 },
        { kind: "append", sequence: 0, tokens: [0] },
        { kind: "rollback" },
      ],
    ],
    [
      "equal blocks that a failed step waited for are let go tail first",
      { blockCount: 6, blockSize: 1, hostBlockCount: 0 },
      [
        { kind: "allocate", sequence: 0, tokens: [0, 0, 0] },
        { kind: "free", sequence: 0 },
        { kind: "allocate", sequence: 1, tokens: [0] },
        { kind: "commit" },
        { kind: "commit" },
        { kind: "append", sequence: 1, tokens: [0, 0] },
        { kind: "rollback" },
        { kind: "allocate", sequence: 2, tokens: [1, 1, 1, 1] },
      ],
    ],
    [
      "a window keeps the block that is the last one again when a step on its way fails",
      { windows: [1], hostBlockCount: 0 },
      [
        { kind: "allocate", sequence: 0, tokens: [0] },
        { kind: "append", sequence: 0, tokens: [0, 0, 0, 0] },
        { kind: "issue" },
        { kind: "append", sequence: 0, tokens: [0] },
        { kind: "commit" },
        { kind: "rollback" },
        { kind: "append", sequence: 0, tokens: [0, 0, 0, 0, 0, 0] },
      ],
    ],
  ])("%s", (_, sizes, commands) =>
    expect(() => checkProgram(make, { sizes: { ...SIZES, ...sizes }, commands })).not.toThrow(),
  );
});

describe("long programs", () => {
  const { capabilities } = make(SIZES);
  const commands = (count: number) =>
    fc.sample(programs(fc, { capabilities, minCommands: count, maxCommands: count }), { numRuns: 1, seed: 1 })[0]
      .commands;

  test(`${LONG.commands} commands keep the laws`, () => {
    const sizes = { blockCount: 24, blockSize: 4, maxTokens: 40, windows: [null], hostBlockCount: 0 };
    expect(() => checkProgram(make, { sizes, commands: commands(LONG.commands) }, { every: LONG.every })).not.toThrow();
  });

  test("so do half of them with a window beside full layers, and with host memory", () => {
    const program = commands(LONG.commands / 2);
    expect(() =>
      checkProgram(
        make,
        {
          sizes: { blockCount: 24, blockSize: 4, maxTokens: 40, windows: [null, 7], hostBlockCount: 0 },
          commands: program,
        },
        { every: 200 },
      ),
    ).not.toThrow();
    expect(() =>
      checkProgram(
        make,
        {
          sizes: { blockCount: 12, blockSize: 4, maxTokens: 40, windows: [null], hostBlockCount: 6 },
          commands: program,
        },
        { every: 200 },
      ),
    ).not.toThrow();
  });
});
