import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clairvoyant } from "../../../src/policies/eviction/clairvoyant.ts";
import { costAware } from "../../../src/policies/eviction/cost-aware.ts";
import { lfu } from "../../../src/policies/eviction/lfu.ts";
import { lru } from "../../../src/policies/eviction/lru.ts";
import { priority } from "../../../src/policies/eviction/priority.ts";
import { BlockForest } from "../../support/block-forest.ts";
import { hitsOf, type PrefixTrace } from "../../support/prefix-trace.ts";

/** Requests of single blocks. */
function flat(requests: readonly number[]): PrefixTrace {
  return { parents: Array.from({ length: 6 }, () => -1), requests };
}

/** The most hits that any choices of victims give: all are tried. */
function mostHits(requests: readonly number[], capacity: number, cached: readonly number[] = []): number {
  const [first, ...rest] = requests;
  if (first === undefined) return 0;
  if (cached.includes(first)) return 1 + mostHits(rest, capacity, cached);
  if (cached.length < capacity) return mostHits(rest, capacity, [...cached, first]);
  return Math.max(
    ...cached.map((victim) => mostHits(rest, capacity, [...cached.filter((each) => each !== victim), first])),
  );
}

describe("clairvoyant", () => {
  test("gives up the leaf that is needed again last", () => {
    const uses = [0, 9, 5, 7, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // 4 <- 5, and the others alone.
    const forest = new BlockForest(
      clairvoyant((block) => uses[block]),
      [0, 0, 0, 0, 4],
    ).release(5, 4, 3, 2, 1);
    expect(forest.drain()).toEqual([5, 4, 1, 3, 2]);
  });

  test("has as many hits as the best of all choices", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 11 }),
        fc.integer({ min: 1, max: 3 }),
        (requests, capacity) => {
          expect(hitsOf(flat(requests), capacity, "clairvoyant")).toBe(mostHits(requests, capacity));
        },
      ),
    );
  });

  test("no policy has more hits, on trees either", () => {
    const trees = fc
      .array(fc.nat(), { minLength: 3, maxLength: 14 })
      .map((draws) =>
        draws.map((draw, node) => (draw % (node + 2)) - 1).map((parent, node) => Math.min(parent, node - 1)),
      );
    fc.assert(
      fc.property(
        trees,
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.integer({ min: 2, max: 8 }),
        (parents, draws, capacity) => {
          const trace = { parents, requests: draws.map((draw) => draw % parents.length) };
          const best = hitsOf(trace, capacity, "clairvoyant");
          for (const make of [lru, lfu, () => priority(), () => costAware()]) {
            expect(hitsOf(trace, capacity, make)).toBeLessThanOrEqual(best);
          }
        },
      ),
    );
  });

  test("serves one cache", () => {
    const policy = clairvoyant(() => 0);
    expect(new BlockForest(policy, [0])).toBeDefined();
    expect(() => new BlockForest(policy, [0])).toThrow("an eviction policy serves one cache");
  });
});
