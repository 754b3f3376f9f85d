import { afterAll, describe, expect, it, test } from "vitest";
import {
  type Allocator,
  type AllocatorSizes,
  allocatorConformance,
  checkProgram,
  findBrokenLaw,
  KvCacheAllocator,
  LawBrokenError,
  type PlanMoves,
} from "../../../src/testing/index.ts";
import { MUTANTS } from "../../support/mutants/index.ts";
import { doubleFree } from "../../support/mutants/double-free.ts";
import { isSoak, soakCount } from "../../support/soak.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";
import { CachesWhatIsFreed, CoarseCache, Compacting, EvictsNodes } from "../../support/paged-variants.ts";

const runner = { describe, it, afterAll };

/** Programs a law. */
const runs = soakCount(6);
/** The soak prints what the programs of each suite reached. */
const report = isSoak ? (line: string): unknown => process.stdout.write(`${line}\n`) : undefined;

describe("the KV cache", () => {
  allocatorConformance((sizes) => new KvCacheAllocator(sizes), { runner, runs, report });
});

describe("the KV cache whose hashes are all the same", () => {
  allocatorConformance((sizes) => new KvCacheAllocator(sizes, { hash: () => 7 }), { runner, runs, report });
});

describe("the allocator that the mutants are made of", () => {
  allocatorConformance((sizes) => new PagedAllocator(sizes), { runner, runs, report });
});

describe("an allocator that caches only what was freed, and makes no plans", () => {
  allocatorConformance((sizes) => new CachesWhatIsFreed(sizes), { runner, runs, report });
});

describe("an allocator that moves blocks and reports the copies", () => {
  allocatorConformance((sizes) => new Compacting(sizes), { runner, runs, report });
});

describe("an allocator that gives up whole nodes of its cache", () => {
  allocatorConformance((sizes) => new EvictsNodes(sizes), { runner, runs, report });
});

describe("an allocator whose matches end at every second block", () => {
  allocatorConformance((sizes) => new CoarseCache(sizes), { runner, runs, report });
});

describe("what an allocator does not declare breaks a law", () => {
  const without = (Kind: new (sizes: AllocatorSizes) => Allocator, ...names: string[]) =>
    findBrokenLaw(
      (sizes) => {
        const allocator = new Kind(sizes);
        const declared = Object.entries(allocator.capabilities).filter(([name]) => !names.includes(name));
        return Object.assign(allocator, { capabilities: Object.fromEntries(declared) });
      },
      { seed: 1, runs: 1000, shrink: false },
    );

  test.each([
    ["evictsNodes", EvictsNodes, "cached blocks are given up only for want of free ones"],
    ["coarseCache", CoarseCache, "every cached block can be found"],
  ] as const)("%s", async (name, Kind, law) => {
    expect((await without(Kind, name))?.breach.law).toContain(law);
  });

  test("moves that are not reported", async () => {
    class Silent extends Compacting {
      override append(number: number, tokens: readonly number[]): PlanMoves | null {
        const answer = super.append(number, tokens);
        return answer === null ? null : {};
      }
    }
    expect((await without(Silent))?.breach.law).toBe("a step computes every token from its own beginning");
  });
});

/** Seeds of bugs that seed 1 finds late. */
const SEEDS: Readonly<Record<string, number>> = {
  "salt and tokens are joined without a separator": 8,
  "block ids are cut to 8 bits": 11,
  "salts are written as UTF-8": 11,
  "salts are normalized": 9,
  "adapter and tokens are joined without a separator": 13,
  "a 32-bit hash of the tokens is taken for the tokens": 12,
};

describe("a planted bug is found", () => {
  test.each(MUTANTS)("$bug", async ({ bug, make }) => {
    const seed = SEEDS[bug] ?? 1;
    expect(await findBrokenLaw(make, { seed, runs: 3000, shrink: false })).not.toBeNull();
  });

  test("there are at least 20, no two the same", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(MUTANTS.map(({ bug }) => bug)).size).toBe(MUTANTS.length);
  });
});

describe("allocatorConformance", () => {
  const plain = { paged: true };
  const make = (sizes: ConstructorParameters<typeof PagedAllocator>[0]) =>
    Object.assign(new PagedAllocator(sizes), { capabilities: plain, bytes: undefined });

  test("names each law once, and why one is skipped", () => {
    const laws = allocatorConformance(make);
    expect(new Set(laws.map(({ name }) => name)).size).toBe(laws.length);
    const reasons = new Map(laws.map(({ name, skipped }) => [name, skipped]));
    expect(reasons.get("what fits is not refused")).toBeNull();
    expect(reasons.get("a table holds no block ahead of need")).toBe("the allocator does not declare exact");
    expect(reasons.get("no lookup finds what a failed step was to compute")).toBe(
      "the allocator does not declare plans, prefixCache",
    );
    expect(reasons.get("memory stays the same over a long program")).toBe("the allocator has no bytes()");
    expect(reasons.get("its own invariants hold")).toBe("the allocator has no checkInvariants()");
  });

  test("registers laws with the runner given, skipped ones as skipped", () => {
    const registered: string[] = [];
    const itRegisters = Object.assign((name: string) => registered.push(name), {
      skip: (name: string) => registered.push(`skip: ${name}`),
    });
    const describeRegisters = (name: string, body: () => void): void => {
      registered.push(name);
      body();
    };
    const laws = allocatorConformance(make, { seed: 3, runner: { describe: describeRegisters, it: itRegisters } });
    expect(registered).toEqual([
      "allocator conformance (seed 3)",
      ...laws.map(({ name, skipped }) => (skipped === null ? name : `skip: ${name} (${skipped})`)),
    ]);
  });

  test("a runner that cannot skip is not told of skipped laws, and running one does nothing", async () => {
    const registered: string[] = [];
    const laws = allocatorConformance(doubleFree.make, {
      runner: { describe: (_, body) => body(), it: (name) => registered.push(name) },
    });
    expect(registered).toEqual(laws.filter(({ skipped }) => skipped === null).map(({ name }) => name));
    await expect(laws.find(({ skipped }) => skipped !== null)!.run()).resolves.toBeNull();
  });

  test("a law that is broken rejects with program, seed and state; the others judge on their own", async () => {
    const laws = allocatorConformance(doubleFree.make, { seed: 5, runs: 40 });
    const run = (name: string) => laws.find((law) => law.name === name)!.run();
    const error = await run("free, cached and held blocks add up to the pool").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LawBrokenError);
    const { message, program } = error as LawBrokenError;
    expect(message).toMatch(
      /^broken: free, cached and held blocks add up to the pool\n {2}blocks: \d free \+ 0 cached \+ 0 held is not \d\n {2}by: \{ kind: "free", sequence: 0 \}\n {2}found: seed 5, program \d+ of 40/,
    );
    expect(message).toMatch(/before it:\n {2}\d free, 0 cached, 1 held of \d blocks of \d tokens\n/);
    expect(message).toContain("checkProgram(makeAllocator, {\n    sizes: {");
    expect(program.commands).toEqual([expect.objectContaining({ kind: "allocate" })]);
    expect(() => checkProgram(doubleFree.make, program)).toThrow(
      "broken: free, cached and held blocks add up to the pool",
    );
    await expect(run("domains share nothing")).resolves.toMatchObject({ programs: 40 });
  });

  test("the seed decides the programs", async () => {
    const seen = (seed: number): Promise<unknown> => findBrokenLaw(doubleFree.make, { seed, shrink: false });
    expect(await seen(3)).toEqual(await seen(3));
    expect(await seen(3)).not.toEqual(await seen(4));
  });

  test("an allocator that throws breaks that law, and no other", async () => {
    const throwing = (sizes: ConstructorParameters<typeof PagedAllocator>[0]) =>
      Object.assign(new PagedAllocator(sizes), {
        append: () => {
          throw new Error("out of order");
        },
      });
    const broken: string[] = [];
    for (const law of allocatorConformance(throwing, { runs: 20 })) {
      await law.run().catch((error: Error) => broken.push(error.message));
    }
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain("broken: a command that makes sense never throws\n  Error: out of order");
  });
});

test("laws and commands of the caller's are checked and run beside the others", async () => {
  const seen: number[] = [];
  const laws = [
    {
      name: "nobody peeks",
      needs: [],
      broken: ({ command }: { command: { kind: string } }) => (command.kind === "custom" ? "somebody peeked" : null),
    },
  ];
  const commands = [{ name: "peek", weight: 5, run: (_: unknown, value: number) => void seen.push(value) }];
  const found = await findBrokenLaw((sizes) => new PagedAllocator(sizes), { seed: 1, laws, commands });
  expect(found?.breach).toMatchObject({ law: "nobody peeks", command: { kind: "custom", name: "peek" } });
  expect(seen.length).toBeGreaterThan(0);
  expect(() => checkProgram((sizes) => new PagedAllocator(sizes), found!.program, { laws, commands })).toThrow(
    "somebody peeked",
  );
});

describe("checkProgram", () => {
  const program = {
    sizes: { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 },
    commands: [{ kind: "allocate" as const, sequence: 0, tokens: [1, 2, 3] }],
  };

  test("says nothing of an allocator that keeps the laws", () => {
    expect(() => checkProgram((sizes) => new PagedAllocator(sizes), program)).not.toThrow();
  });

  test("checks only the laws that are given", () => {
    expect(() => checkProgram(doubleFree.make, program)).toThrow("found: by this program");
    expect(() => checkProgram(doubleFree.make, program, { laws: [] })).not.toThrow();
  });
});
