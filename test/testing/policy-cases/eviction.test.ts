import { expect, test } from "vitest";
import type { CachedBlocks, EvictionPolicy } from "../../../src/blocks/eviction.ts";
import { lfu } from "../../../src/policies/eviction/lfu.ts";
import { lru } from "../../../src/policies/eviction/lru.ts";
import { evictionCases } from "../../../src/testing/policy-cases/eviction.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

/** Gives up the block that `choose` takes of those that are cached. */
function choosing(choose: (cached: number[], blocks: CachedBlocks) => number): () => EvictionPolicy {
  return () => {
    const cached = new Set<number>();
    let leaves: CachedBlocks | undefined;
    return {
      name: "broken",
      attach: (_storage, blocks) => void (leaves = blocks),
      add: (block) => void cached.add(block),
      remove: (block) => void cached.delete(block),
      victim: () => choose([...cached], leaves!),
    };
  };
}

test("ours pass", () =>
  expect([complaintOf(evictionCases(lru)), complaintOf(evictionCases(lfu))]).toEqual([null, null]));

test("a policy that takes any leaf passes: which one is its own business", () => {
  expect(
    complaintOf(evictionCases(choosing((cached, blocks) => cached.findLast((block) => blocks.isLeaf(block))!))),
  ).toBeNull();
});

test("what breaks a rule is found", () => {
  expectComplaints<() => EvictionPolicy>(evictionCases, {
    "a parent before its child: last in, first out, as Hugging Face's cache does": [
      choosing((cached) => cached.at(-1)!),
      /gives up block \d+ before its children/,
    ],
    "a block that is held": [
      choosing((cached) => [1, 2, 3, 4, 5, 6].find((block) => !cached.includes(block)) ?? cached[0]),
      /which is none of the \d+ cached blocks|before its children/,
    ],
  });
});
