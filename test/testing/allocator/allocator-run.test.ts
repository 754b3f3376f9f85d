import { describe, expect, test } from "vitest";
import { AllocatorRun, moments } from "../../../src/testing/allocator/allocator-run.ts";
import type { AllocatorSizes, Command, Moment } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const SIZES: AllocatorSizes = { blockCount: 4, blockSize: 2, maxTokens: 6, windows: [null], hostBlockCount: 2 };
const allocate = (sequence: number, ...tokens: number[]): Command => ({ kind: "allocate", sequence, tokens });

function start(capabilities: Partial<PagedAllocator["capabilities"]> = {}): AllocatorRun {
  return new AllocatorRun(
    (sizes) =>
      Object.assign(new PagedAllocator(sizes), {
        capabilities: { ...new PagedAllocator(sizes).capabilities, ...capabilities },
      }),
    SIZES,
  );
}

function run(
  commands: readonly Command[],
  full = true,
): { readonly run: AllocatorRun; readonly moments: readonly (Moment | null)[] } {
  const made = start();
  return { run: made, moments: commands.map((command) => made.step(command, full)) };
}

describe("commands that make no sense are passed over", () => {
  test.each<[string, Command[]]>([
    ["no tokens", [allocate(0)]],
    ["longer than a sequence may be", [allocate(0, 1, 2, 3, 4, 5, 6, 7)]],
    ["a number that is taken", [allocate(0, 1), allocate(0, 2)]],
    ["nobody to append to", [{ kind: "append", sequence: 0, tokens: [1] }]],
    ["appending nothing", [allocate(0, 1), { kind: "append", sequence: 0, tokens: [] }]],
    ["appending beyond the longest", [allocate(0, 1, 2, 3, 4, 5), { kind: "append", sequence: 0, tokens: [6, 7] }]],
    ["nobody to free", [{ kind: "free", sequence: 0 }]],
    ["nobody to fork", [{ kind: "fork", sequence: 0, child: 1 }]],
    ["a child that is there", [allocate(0, 1), { kind: "fork", sequence: 0, child: 0 }]],
    ["nothing to swap in", [allocate(0, 1), { kind: "swapIn", sequence: 0 }]],
    [
      "appending to what was swapped out",
      [allocate(0, 1), { kind: "swapOut", sequence: 0 }, { kind: "append", sequence: 0, tokens: [1] }],
    ],
    ["nothing to issue", [{ kind: "issue" }]],
    ["nothing to commit", [{ kind: "commit" }]],
    ["nothing to take back", [{ kind: "rollback" }]],
  ])("%s", (_, commands) => expect(run(commands).moments.at(-1)).toBeNull());

  test.each<[keyof PagedAllocator["capabilities"], Command]>([
    ["fork", { kind: "fork", sequence: 0, child: 1 }],
    ["prefixCache", { kind: "lookup", tokens: [1, 2] }],
    ["swap", { kind: "swapOut", sequence: 0 }],
    ["plans", { kind: "commit" }],
    ["plans", { kind: "issue" }],
  ])("without %s", (capability, command) => {
    const limited = start({ [capability]: false });
    limited.step(allocate(0, 1), true);
    expect(limited.step(command, true)).toBeNull();
  });
});

describe("a moment", () => {
  test("has what there was before, and what there is after", () => {
    const { moments: seen } = run([allocate(0, 1, 2, 3), { kind: "free", sequence: 0 }]);
    expect(seen[1]).toMatchObject({
      before: { counts: { free: 2, cached: 0, held: 2 } },
      after: { counts: { free: 3, cached: 1, held: 0 } },
    });
    expect([...seen[1]!.before.tables]).toEqual([[0, [[0, 1]]]]);
    expect(seen[1]!.after.tables.size).toBe(0);
  });

  test("tells what a lookup found and what there was to find", () => {
    const { moments: seen } = run([
      allocate(0, 1, 2, 3),
      { kind: "issue" },
      allocate(1, 1, 2, 4),
      { kind: "lookup", tokens: [1, 3], salt: "x" },
    ]);
    expect(seen[2]!.lookup).toEqual({ tokens: [1, 2, 4], found: 2, most: 2, mostAnywhere: 2, mostMissed: 0, least: 2 });
    expect(seen[3]!.lookup).toEqual({ tokens: [1, 3], found: 0, most: 0, mostAnywhere: 1, mostMissed: 0, least: 0 });
  });

  test("of a refusal has no answer", () => {
    const { moments: seen, run: made } = run([allocate(0, 1, 2, 3, 4, 5), allocate(1, 7, 8, 9)]);
    expect([seen[1]!.answer, made.model.sequences.has(1)]).toEqual([null, false]);
  });

  test("of a rollback tells what was taken back", () => {
    const { moments: seen } = run([allocate(0, 1, 2), { kind: "rollback" }]);
    expect(seen[1]!.undone).toMatchObject({ rows: [{ from: 0, to: 2 }], blocks: [{ tokens: [1, 2] }] });
  });

  test("says whether blocks ran out, since the last look and ever", () => {
    const { moments: seen } = run([allocate(0, 1, 2, 3), allocate(1, 4, 5, 6), { kind: "free", sequence: 1 }]);
    expect(seen.map((moment) => [moment!.pressed, moment!.everPressed])).toEqual([
      [false, false],
      [true, true],
      [false, true],
    ]);
  });

  test("that is not full is cheap: no tables, and nothing is looked for", () => {
    const { moments: seen } = run([allocate(0, 1, 2, 3)], false);
    expect(seen[0]).toMatchObject({ full: false, after: { counts: { held: 2 } }, forgotten: [] });
    expect(seen[0]!.after.tables.size).toBe(0);
  });

  test("tells which blocks are not found any more", () => {
    const { moments: seen } = run([allocate(0, 1, 2, 3, 4), { kind: "free", sequence: 0 }, allocate(1, 5, 6, 5, 6, 5)]);
    expect(seen[2]!.forgotten.map(({ tokens }) => tokens)).toEqual([[1, 2, 3, 4]]);
  });
});

describe("steps", () => {
  test("a third step waits for the first", () => {
    const { run: made } = run([
      allocate(0, 1),
      { kind: "issue" },
      { kind: "append", sequence: 0, tokens: [2] },
      { kind: "issue" },
      { kind: "append", sequence: 0, tokens: [3] },
      { kind: "issue" },
    ]);
    expect(made.model.onTheirWay).toHaveLength(2);
  });

  test("what cannot be part of a step ends it, and a fork waits for all", () => {
    const freed = run([allocate(0, 1), allocate(1, 2), { kind: "free", sequence: 0 }]).run.model;
    expect([freed.open.rows.length, freed.onTheirWay.length]).toEqual([0, 1]);
    const forked = run([allocate(0, 1), { kind: "fork", sequence: 0, child: 1 }]).run.model;
    expect([forked.open.rows.length, forked.onTheirWay.length]).toEqual([0, 0]);
  });

  test("without plans each operation is done when it returns", () => {
    const made = start({ plans: false });
    made.step(allocate(0, 1, 2), true);
    expect(made.model.isQuiet).toBe(true);
    expect(made.step({ kind: "lookup", tokens: [1, 2, 3] }, true)!.lookup).toMatchObject({ found: 2 });
  });
});

test("moments brings a program to an end", () => {
  const made = start();
  const seen = [...moments(made, { sizes: SIZES, commands: [allocate(0, 1), allocate(1, 2)] })];
  expect(seen.map(({ command }) => command.kind)).toEqual(["allocate", "allocate", "issue", "commit", "free", "free"]);
  expect([made.model.sequences.size, made.latest]).toEqual([0, { kind: "free", sequence: 1 }]);
});
