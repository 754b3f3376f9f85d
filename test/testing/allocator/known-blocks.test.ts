import { describe, expect, test } from "vitest";
import { commonLength, KnownBlocks, sameDomain } from "../../../src/testing/allocator/known-blocks.ts";
import { type AllocatorCapabilities, NO_DOMAIN } from "../../../src/testing/allocator/allocator.ts";

const SIZES = { blockCount: 8, blockSize: 2, maxTokens: 16, windows: [null], hostBlockCount: 0 };
const OTHER = { salt: "", adapterId: 1 };

function known(
  capabilities: AllocatorCapabilities = { sharesRunning: true, partialHits: true },
  hostBlockCount = 0,
): KnownBlocks {
  return new KnownBlocks({ ...SIZES, hostBlockCount }, capabilities);
}

/** A sequence whose beginnings have the names 1, 2, 3 … and more by `shift`. */
function sequence(tokens: readonly number[], shift = 0) {
  return { domain: NO_DOMAIN, tokens, names: tokens.map((_, index) => index + 1 + shift) };
}

describe("KnownBlocks", () => {
  test("learns the full blocks that end behind a position", () => {
    const blocks = known();
    const step = {};
    expect(blocks.learn(sequence([5, 6, 7, 8, 9]), 0, step).map(({ name, tokens }) => [name, tokens])).toEqual([
      [2, [5, 6]],
      [4, [5, 6, 7, 8]],
    ]);
    expect(blocks.learn(sequence([5, 6, 7, 8, 9]), 3, {}).map((block) => [block.name, block.step === step])).toEqual([
      [4, true],
    ]);
    expect(blocks.learn(sequence([5, 6, 7]), 2, {})).toEqual([]);
  });

  test("most is the longest common beginning without the last token, in parts where blocks are copied", () => {
    const blocks = known();
    blocks.learn(sequence([5, 6, 7, 8]), 0, {});
    expect(
      [[5, 6, 7, 8], [5, 6, 7, 9, 9], [5, 6, 9], [5, 9, 9], [9, 9], []].map((tokens) => blocks.most(tokens, NO_DOMAIN)),
    ).toEqual([3, 3, 2, 1, 0, 0]);
    const whole = known({});
    whole.learn(sequence([5, 6, 7, 8]), 0, {});
    expect(
      [
        [5, 6, 7, 8],
        [5, 6, 7, 8, 9],
        [5, 9, 9],
      ].map((tokens) => whole.most(tokens, NO_DOMAIN)),
    ).toEqual([2, 4, 0]);
  });

  test("domains are apart, unless all are asked for", () => {
    const blocks = known();
    blocks.learn(sequence([5, 6]), 0, {});
    expect([blocks.most([5, 6, 7], OTHER), blocks.most([5, 6, 7], null)]).toEqual([0, 2]);
    expect(sameDomain(NO_DOMAIN, { salt: "", adapterId: 0 })).toBe(true);
    expect(sameDomain(NO_DOMAIN, { salt: "1", adapterId: 0 })).toBe(false);
  });

  test("least counts what is promised, and parts of what can be copied", () => {
    const blocks = known();
    const [first, second] = blocks.learn(sequence([5, 6, 7, 8]), 0, {});
    expect(blocks.least([5, 6, 7, 8, 9], NO_DOMAIN, () => true)).toBe(0);
    first.promised = true;
    second.promised = true;
    expect(blocks.least([5, 6, 7, 9], NO_DOMAIN, () => true)).toBe(3);
    expect(blocks.least([5, 6, 7, 9], NO_DOMAIN, (block) => block !== second)).toBe(2);
    expect(blocks.least([5, 6, 7, 9], OTHER, () => true)).toBe(0);
  });

  test("a failed step takes back what it computed first; of the rest nothing is sure", () => {
    const blocks = known();
    const [earlier, step] = [{}, { blocks: [] as ReturnType<KnownBlocks["learn"]> }];
    const [old] = blocks.learn(sequence([5, 6]), 0, earlier);
    blocks.commit([old]);
    old.promised = true;
    step.blocks.push(...blocks.learn(sequence([5, 6, 7, 8]), 0, step));
    expect(blocks.rollback(step).map(({ name }) => name)).toEqual([4]);
    expect([...blocks.byName.keys()]).toEqual([2]);
    expect(old.promised).toBe(false);
  });

  test("a sequence that leaves promises its computed blocks, or takes back what is on its way", () => {
    const shared = known();
    const onItsWay = shared.learn(sequence([5, 6]), 0, {})[0];
    onItsWay.promised = true;
    shared.letGo([1, 2, 99]);
    expect(onItsWay.promised).toBe(false);
    const ended = known({});
    const done = ended.learn(sequence([5, 6]), 0, {})[0];
    ended.commit([done]);
    ended.letGo([1, 2]);
    expect(done.promised).toBe(true);
  });

  test("refresh tells what is lost of what was promised, and forgets what is nowhere", () => {
    const blocks = known();
    const [found, lost, running, nowhere] = [0, 10, 20, 30].map(
      (shift) => blocks.learn(sequence([shift, shift], shift), 0, {})[0],
    );
    lost.promised = true;
    const gone = blocks.refresh(
      (block) => block === found,
      (block) => block === running,
    );
    expect(gone).toEqual([lost]);
    expect([...blocks.byName.values()]).toEqual([found, running]);
    expect(found.promised).toBe(true);
    expect(nowhere.promised).toBe(false);
    expect([
      blocks.most([30, 30, 1], NO_DOMAIN),
      blocks.mostMissed([30, 30, 1], NO_DOMAIN),
      blocks.mostMissed([30, 30, 1], OTHER),
    ]).toEqual([0, 2, 0]);
    blocks.learn(sequence([30, 30], 30), 0, {});
    expect([blocks.most([30, 30, 1], NO_DOMAIN), blocks.mostMissed([30, 30, 1], NO_DOMAIN)]).toEqual([2, 0]);
  });

  test("in host memory a block may come back", () => {
    const blocks = known({ hostTier: true }, 4);
    const [block] = blocks.learn(sequence([5, 6]), 0, {});
    block.promised = true;
    expect(
      blocks.refresh(
        () => false,
        () => false,
      ),
    ).toEqual([block]);
    expect(blocks.most([5, 6, 7], NO_DOMAIN)).toBe(2);
    expect(
      blocks.refresh(
        () => true,
        () => false,
      ),
    ).toEqual([]);
    expect(block.promised).toBe(true);
  });
});

test("commonLength", () => {
  expect([commonLength([], [1]), commonLength([1, 2], [1, 3]), commonLength([1, 2], [1, 2, 3])]).toEqual([0, 1, 2]);
});
