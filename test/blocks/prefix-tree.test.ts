import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { findPartial } from "../../src/blocks/partial-match.ts";
import { PrefixTree } from "../../src/blocks/prefix-tree.ts";

const BLOCK = 2;
const root = PrefixTree.rootOf(0);

function treeOf(capacity = 8, hash?: () => number): PrefixTree {
  return new PrefixTree({ capacity, blockSize: BLOCK, hash });
}

function block(...tokens: readonly number[]): Int32Array {
  return new Int32Array(tokens);
}

function children(tree: PrefixTree, node: number): number[] {
  const found = [];
  for (let child = tree.firstChild(node); child !== 0; child = tree.nextSibling(child)) found.push(child);
  return found;
}

describe("PrefixTree", () => {
  test("a node stands for its parent and its tokens: neither alone", () => {
    const tree = treeOf();
    const a = tree.findOrInsert(root, block(1, 2), 0);
    const b = tree.findOrInsert(a, block(1, 2), 0);
    expect([tree.find(root, block(1, 2), 0), tree.find(a, block(1, 2), 0), tree.find(b, block(1, 2), 0)]).toEqual([
      a,
      b,
      0,
    ]);
    expect([tree.find(root, block(1, 3), 0), tree.find(PrefixTree.rootOf(1), block(1, 2), 0)]).toEqual([0, 0]);
    expect([tree.parentOf(b), tree.parentOf(a), tree.size]).toEqual([a, root, 2]);
  });

  test("reads tokens from where they start", () => {
    const tree = treeOf();
    const node = tree.findOrInsert(root, block(9, 9, 1, 2), 2);
    expect(tree.find(root, block(7, 1, 2, 7), 1)).toBe(node);
    expect([...tree.tokensOf(node)]).toEqual([1, 2]);
  });

  test("domains have roots of their own", () => {
    const tree = treeOf();
    const [first, second] = [0, 5].map((domain) => tree.findOrInsert(PrefixTree.rootOf(domain), block(1, 2), 0));
    expect(first).not.toBe(second);
    expect([tree.domainOf(first), tree.domainOf(tree.findOrInsert(second, block(3, 4), 0))]).toEqual([0, 5]);
    expect(children(tree, PrefixTree.rootOf(5))).toEqual([second]);
    expect(children(tree, PrefixTree.rootOf(9))).toEqual([]);
  });

  test("is full at its capacity, and takes a node again once one is gone", () => {
    const tree = treeOf(2);
    const nodes = [1, 2].map((token) => tree.findOrInsert(root, block(token, 0), 0));
    expect([tree.findOrInsert(root, block(3, 0), 0), tree.size]).toEqual([0, 2]);
    tree.remove(nodes[0]);
    expect(tree.findOrInsert(root, block(3, 0), 0)).toBe(nodes[0]);
    expect(tree.findOrInsert(root, block(4, 0), 0)).toBe(0);
  });

  test("keeps siblings in order when one in the middle goes", () => {
    const tree = treeOf();
    const [a, b, c] = [1, 2, 3].map((token) => tree.findOrInsert(root, block(token, 0), 0));
    tree.remove(b);
    expect(children(tree, root)).toEqual([c, a]);
    tree.remove(c);
    expect(children(tree, root)).toEqual([a]);
  });

  test("removes no node that has children", () => {
    const tree = treeOf();
    const parent = tree.findOrInsert(root, block(1, 2), 0);
    tree.findOrInsert(parent, block(3, 4), 0);
    expect(() => tree.remove(parent)).toThrow(new AssertionError(`remove(${parent}): the node has children`));
    expect([tree.size, tree.find(root, block(1, 2), 0)]).toEqual([2, parent]);
  });

  test("a partial match is the child that goes along furthest, and is accepted", () => {
    const tree = new PrefixTree({ capacity: 8, blockSize: 4 });
    const [short, long] = [
      [1, 2, 9, 9],
      [1, 2, 3, 9],
    ].map((tokens) => tree.findOrInsert(root, block(...tokens), 0));
    const tokens = block(1, 2, 3, 4, 5);
    expect(findPartial(tree, { parent: root, tokens: tokens, start: 0, limit: 5 }, () => true)).toBe(long);
    expect(findPartial(tree, { parent: root, tokens: tokens, start: 0, limit: 5 }, (node) => node !== long)).toBe(
      short,
    );
    expect(findPartial(tree, { parent: root, tokens: tokens, start: 1, limit: 4 }, () => true)).toBe(0);
    expect(tree.commonLength(long, tokens, 0, 4)).toBe(3);
    expect(tree.commonLength(long, tokens, 0, 2)).toBe(2);
  });

  test("a partial match looks at 16 children, the newest ones", () => {
    const tree = treeOf(20);
    const oldest = tree.findOrInsert(root, block(1, 500), 0);
    for (let i = 0; i < 15; i++) tree.findOrInsert(root, block(2, i), 0);
    expect(findPartial(tree, { parent: root, tokens: block(1, 2), start: 0, limit: 2 }, () => true)).toBe(oldest);
    tree.findOrInsert(root, block(2, 15), 0);
    expect(findPartial(tree, { parent: root, tokens: block(1, 2), start: 0, limit: 2 }, () => true)).toBe(0);
  });

  test("says how many bytes its columns take: 36 a node of 4 tokens, and 5 to 10 for the table", () => {
    for (const capacity of [1000, 1024, 1600, 1700, 2047]) {
      const perNode = new PrefixTree({ capacity, blockSize: 4 }).byteLength / capacity;
      expect([perNode >= 36 + 5, perNode < 36 + 10.1]).toEqual([true, true]);
    }
  });

  test("hashes nothing where there is one way to go on, and siblings by their parent", () => {
    const hashed: number[] = [];
    const tree = new PrefixTree({ capacity: 8, blockSize: BLOCK, hash: (parent) => hashed.push(parent) });
    const a = tree.findOrInsert(root, block(1, 2), 0);
    const b = tree.findOrInsert(a, block(3, 4), 0);
    expect([tree.find(a, block(3, 4), 0), tree.find(a, block(3, 5), 0), tree.find(b, block(3, 4), 0)]).toEqual([
      b,
      0,
      0,
    ]);
    tree.remove(b);
    expect([hashed, tree.size]).toEqual([[], 1]);
    tree.findOrInsert(root, block(5, 6), 0);
    expect(new Set(hashed)).toEqual(new Set([root]));
  });

  test("a partial match is no longer than a block, whatever the limit", () => {
    const tree = treeOf();
    const [first, second] = [block(1, 2), block(1, 9)].map((tokens) => tree.findOrInsert(root, tokens, 0));
    expect([
      findPartial(tree, { parent: root, tokens: block(1, 9, 1, 9), start: 0, limit: 4 }, () => true),
      findPartial(tree, { parent: root, tokens: block(1, 2, 1, 9), start: 0, limit: 4 }, () => true),
    ]).toEqual([second, first]);
    expect(findPartial(tree, { parent: first, tokens: block(1, 2), start: 0, limit: 2 }, () => true)).toBe(0);
  });

  test("siblings whose entries crowd around the table's end are found, whichever of them go", () => {
    const commands = fc.array(fc.tuple(fc.integer({ min: 0, max: 19 }), fc.boolean()), { maxLength: 80 });
    fc.assert(
      fc.property(commands, (program) => {
        // 32 places; the first token says which of the last and first ones.
        const tree = new PrefixTree({
          capacity: 20,
          blockSize: BLOCK,
          hash: (_parent, tokens, start) => 29 + (tokens[start] % 6),
        });
        const live = new Map<number, number>();
        for (const [token, remove] of program) {
          if (remove && live.has(token)) tree.remove(live.get(token)!);
          if (remove) live.delete(token);
          else live.set(token, tree.findOrInsert(root, block(token, 0), 0));
          tree.checkInvariants(() => {});
          for (let each = 0; each < 20; each++) expect(tree.find(root, block(each, 0), 0)).toBe(live.get(each) ?? 0);
        }
      }),
    );
  });

  test("checkInvariants finds a hash that does not stay the same", () => {
    let hash = 1;
    const tree = treeOf(8, () => hash);
    const [node] = [1, 2].map((token) => tree.findOrInsert(root, block(token, 0), 0));
    tree.checkInvariants(() => {});
    hash = 9;
    expect(() => tree.checkInvariants(() => {})).toThrow(/^node \d is not found by its own key$/);
    expect(tree.parentOf(node)).toBe(root);
  });

  const hashes = { "its own hash": undefined, "a constant hash": () => 7, "a hash that is negative": () => -1 };

  test.each(Object.entries(hashes))(
    "with %s, find equals a map of whole beginnings, after any program",
    (_name, hash) => {
      const paths = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })), {
        minLength: 1,
        maxLength: 4,
      });
      const commands = fc.array(fc.record({ domain: fc.nat(1), path: paths, remove: fc.boolean() }), { maxLength: 60 });
      fc.assert(
        fc.property(commands, (program) => {
          const tree = treeOf(20, hash);
          const model = new Map<string, number>();
          for (const { domain, path, remove } of program) {
            const keys = path.map((_, depth) => JSON.stringify([domain, path.slice(0, depth + 1)]));
            if (remove) removeLeaf(tree, model, keys);
            else insertPath(tree, model, { domain, path, keys });
            checkFinds(tree, model, { domain, path, keys });
          }
        }),
      );
    },
  );

  interface Path {
    readonly domain: number;
    readonly path: readonly (readonly number[])[];
    readonly keys: readonly string[];
  }

  function insertPath(tree: PrefixTree, model: Map<string, number>, { domain, path, keys }: Path): void {
    let parent = PrefixTree.rootOf(domain);
    for (const [depth, key] of keys.entries()) {
      if (!model.has(key)) {
        const node = tree.findOrInsert(parent, block(...path[depth]), 0);
        expect(node === 0).toBe(model.size === tree.capacity);
        if (node === 0) return;
        model.set(key, node);
      }
      parent = model.get(key)!;
    }
  }

  function removeLeaf(tree: PrefixTree, model: Map<string, number>, keys: readonly string[]): void {
    const key = keys.findLast((each) => model.has(each));
    if (key === undefined) return;
    const isLeaf = ![...model.values()].some((node) => tree.parentOf(node) === model.get(key));
    if (!isLeaf) return expect(() => tree.remove(model.get(key)!)).toThrow(AssertionError);
    tree.remove(model.get(key)!);
    model.delete(key);
  }

  function checkFinds(tree: PrefixTree, model: Map<string, number>, { domain, path, keys }: Path): void {
    const live = new Set<number>();
    tree.checkInvariants((node) => live.add(node));
    expect(live).toEqual(new Set(model.values()));
    let parent = PrefixTree.rootOf(domain);
    for (const [depth, key] of keys.entries()) {
      const found = tree.find(parent, block(...path[depth]), 0);
      expect(found).toBe(model.get(key) ?? 0);
      if (found === 0) return;
      parent = found;
    }
  }
});
