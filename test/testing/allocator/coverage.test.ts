import { describe, expect, test } from "vitest";
import {
  type AllocatorCoverage,
  allocatorConformance,
  formatCoverage,
  KvCacheAllocator,
  type MakeAllocator,
} from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

async function coverageOf(make: MakeAllocator, seed: number): Promise<AllocatorCoverage> {
  const [law] = allocatorConformance(make, { seed, runs: 300 });
  return (await law.run())!;
}

describe("the programs reach what they are drawn for", () => {
  test.each([1, 2, 3])("in the KV cache, seed %i", async (seed) => {
    const coverage = await coverageOf((sizes) => new KvCacheAllocator(sizes), seed);
    expect(coverage.programs).toBe(300);
    expect(coverage.allocations).toBeGreaterThan(1000);
    expect(coverage.refusedAllocations / coverage.allocations).toBeLessThan(0.25);
    expect(coverage.refusedAllocations).toBeGreaterThan(0);
    expect(coverage.hits / coverage.allocations).toBeGreaterThan(0.1);
    expect(coverage.hostHits / coverage.hostAllocations).toBeGreaterThan(0.005);
    for (const count of [coverage.forks, coverage.evictions, coverage.rollbacks, coverage.resets]) {
      expect(count).toBeGreaterThan(50);
    }
  });

  test("in an allocator that swaps", async () => {
    const { swapIns, swapOuts, commands } = await coverageOf((sizes) => new PagedAllocator(sizes), 1);
    expect(swapIns / commands).toBeGreaterThan(0.01);
    expect(swapOuts).toBeGreaterThanOrEqual(swapIns);
  });
});

describe("coverage", () => {
  test("counts a pool that always refuses as refused", async () => {
    const make: MakeAllocator = (sizes) =>
      Object.assign(new PagedAllocator(sizes), { capabilities: {}, allocate: () => null });
    const { allocations, refusedAllocations, hits, appends } = await coverageOf(make, 1);
    expect([refusedAllocations, hits, appends]).toEqual([allocations, 0, 0]);
  });

  test("is reported at the end of the suite, of all laws together", async () => {
    const lines: string[] = [];
    const ends: (() => void)[] = [];
    const runs: (() => Promise<void>)[] = [];
    const runner = {
      describe: (_: string, body: () => void) => body(),
      it: (_: string, run: () => Promise<void>) => runs.push(run),
      afterAll: (end: () => void) => ends.push(end),
    };
    allocatorConformance((sizes) => new PagedAllocator(sizes), {
      runner,
      seed: 4,
      runs: 2,
      report: (line) => lines.push(line),
    });
    for (const run of runs.slice(0, 3)) await run();
    for (const end of ends) end();
    expect(lines).toEqual([
      expect.stringMatching(
        /^allocator conformance \(seed 4\): 6 programs, \d+ commands; \d+ allocations \([\d.]+% refused, /,
      ),
    ]);
  });

  test("is one line, without a share of nothing", async () => {
    const make: MakeAllocator = (sizes) =>
      Object.assign(new PagedAllocator(sizes), { capabilities: {}, allocate: () => null });
    expect(formatCoverage(await coverageOf(make, 1))).toMatch(
      /\(100\.0% refused, 0\.0% with a hit, 0% from host memory if there is any\); 0 appends \(0% refused\); 0 forks, 0 swap-outs, 0 swap-ins, 0 evictions, 0 rollbacks, 0 resets$/,
    );
  });
});
