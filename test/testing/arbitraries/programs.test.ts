import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AllocatorCapabilities, type Command, programs } from "../../../src/testing/index.ts";

const EVERYTHING: AllocatorCapabilities = {
  prefixCache: true,
  fork: true,
  windows: true,
  groups: true,
  plans: true,
  swap: true,
};

function kinds(capabilities: AllocatorCapabilities): Set<Command["kind"]> {
  const sample = fc.sample(programs(fc, { capabilities }), { numRuns: 50, seed: 1 });
  return new Set(sample.flatMap(({ commands }) => commands.map(({ kind }) => kind)));
}

describe("programs", () => {
  test("have only commands that the allocator knows", () => {
    expect(kinds({})).toEqual(new Set(["allocate", "append", "free"]));
    expect(kinds({ plans: true })).toEqual(new Set(["allocate", "append", "free", "issue", "commit", "rollback"]));
    expect(kinds({ ...EVERYTHING, reset: true }).size).toBe(11);
  });

  test("ask for windows, groups and host memory only where there are such things", () => {
    const plain = fc.sample(programs(fc, { capabilities: {} }), { numRuns: 50, seed: 1 });
    for (const { sizes } of plain) expect(sizes).toMatchObject({ windows: [null], hostBlockCount: 0 });
    const all = fc
      .sample(programs(fc, { capabilities: EVERYTHING }), { numRuns: 50, seed: 1 })
      .map(({ sizes }) => sizes);
    expect(all.some(({ windows }) => windows.length === 2)).toBe(true);
    expect(all.some(({ windows }) => windows[0] !== null)).toBe(true);
    expect(all.some(({ hostBlockCount }) => hostBlockCount > 0)).toBe(true);
  });

  test("keep to the sizes asked for", () => {
    const options = { capabilities: EVERYTHING, blockSizes: [3], maxBlocks: 5, minCommands: 2, maxCommands: 9 };
    fc.assert(
      fc.property(programs(fc, options), ({ sizes, commands }) => {
        expect(sizes.blockSize).toBe(3);
        expect(sizes.blockCount).toBeLessThanOrEqual(5);
        expect(commands.length).toBeGreaterThanOrEqual(2);
        expect(commands.length).toBeLessThanOrEqual(9);
      }),
    );
  });

  test("are large where that is asked for: crowds of sequences, pools beyond a machine word", () => {
    const large = fc.sample(programs(fc, { capabilities: EVERYTHING, scale: "large" }), { numRuns: 30, seed: 1 });
    expect(Math.max(...large.map(({ commands }) => commands.length))).toBeGreaterThan(300);
    for (const { sizes } of large) expect(sizes.blockCount).toBeGreaterThan(32);
    const mixed = fc.sample(programs(fc, { capabilities: EVERYTHING }), { numRuns: 200, seed: 1 });
    expect(mixed.filter(({ sizes }) => sizes.blockCount <= 12).length).toBeGreaterThan(150);
  });

  test("leave kinds of commands out or make them frequent, each program others", () => {
    const programsOf = fc.sample(programs(fc, { capabilities: EVERYTHING, minCommands: 60 }), { numRuns: 60, seed: 1 });
    const counts = (kind: Command["kind"]): number[] =>
      programsOf.map(({ commands }) => commands.filter((each) => each.kind === kind).length);
    for (const kind of ["fork", "lookup", "rollback", "swapIn"] as const) {
      expect(counts(kind).filter((count) => count === 0).length, kind).toBeGreaterThan(6);
      expect(Math.max(...counts(kind)), kind).toBeGreaterThan(10);
    }
  });

  test("draw commands of the caller's, too", () => {
    const drawn = fc.sample(
      programs(fc, { capabilities: {}, commands: [{ name: "shrink", weight: 5, run: () => {} }] }),
      { numRuns: 20, seed: 1 },
    );
    expect(drawn.flatMap(({ commands }) => commands)).toContainEqual({
      kind: "custom",
      name: "shrink",
      value: expect.any(Number),
    });
  });

  test("some appended texts are what another sequence of the family has", () => {
    const sample = fc.sample(programs(fc, { capabilities: {} }), { numRuns: 200, seed: 2 });
    expect(
      sample.some(({ commands }) =>
        commands.some(
          (command, index) => command.kind === "append" && isContinuation(commands.slice(0, index), command),
        ),
      ),
    ).toBe(true);
  });
});

/** Whether the sequence's tokens, with these behind them, begin like a longer prompt of the program. */
function isContinuation(
  before: readonly Command[],
  { sequence, tokens }: Extract<Command, { kind: "append" }>,
): boolean {
  const prompts = before.filter((command) => command.kind === "allocate");
  const own = prompts.findLast((command) => command.sequence === sequence);
  if (own === undefined || tokens.length < 3) return false;
  const joined = [...own.tokens, ...tokens].join();
  return prompts.some((other) => other !== own && other.tokens.join().startsWith(joined));
}
