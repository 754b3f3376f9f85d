import { expect, test } from "vitest";
import { findBreach } from "../../src/testing/allocator/breach.ts";
import { drawForkProgram } from "../../src/testing/fork-program.ts";
import { type AllocatorSizes, KvCacheAllocator } from "../../src/testing/index.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

/** Forks, forks beside steps in flight, and forks whose parents wait for equal blocks, in 100 programs. */
function forksOf(seeds: number): number[] {
  const counts = [0, 0, 0];
  for (let seed = 0; seed < seeds; seed++) {
    const program = drawForkProgram(new SeededRandom(seed));
    const caches: KvCacheAllocator[] = [];
    const make = (sizes: AllocatorSizes) => (caches.push(new KvCacheAllocator(sizes)), caches[0]);
    const breach = findBreach(make, program, {
      laws: [],
      observe: ({ command, answer, model }) => {
        if (command.kind !== "fork" || answer === null) return;
        counts[0]++;
        if (model.onTheirWay.length > 0) counts[1]++;
        if (caches[0].kv.tables.adoptions.some(({ length }) => length > 0)) counts[2]++;
      },
    });
    expect(breach).toBeNull();
  }
  return counts;
}

test("programs fork beside steps in flight, and where blocks wait to be replaced by equal ones", () => {
  const [forks, inFlight, adopting] = forksOf(100);
  expect(forks).toBeGreaterThan(300);
  expect(inFlight).toBeGreaterThan(forks / 4);
  expect(adopting).toBeGreaterThan(20);
});

test("the same seed gives the same program", () => {
  expect(drawForkProgram(new SeededRandom(3))).toEqual(drawForkProgram(new SeededRandom(3)));
});
