import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BeamFrontier, tokensOf, type BeamNode } from "../../src/engine/beam-frontier.ts";

const STOP = 9;

function frontier(options: Partial<ConstructorParameters<typeof BeamFrontier>[0]> = {}): BeamFrontier {
  return new BeamFrontier({ width: 2, maxLength: 3, lengthPenalty: 0, stopTokenIds: [STOP], ...options });
}

const of = (...pairs: readonly (readonly [tokenId: number, logprob: number])[]) =>
  pairs.map(([tokenId, logprob]) => ({ tokenId, logprob }));

describe("BeamFrontier", () => {
  test("the likeliest continuations of all beams go on, ties to the earlier beam and the smaller id", () => {
    const beams = frontier({ width: 3 });
    const first = beams.advance([{ node: null, candidates: of([4, -1], [5, -2], [6, -2]) }]);
    expect(first.map(({ from, node }) => [from, node.tokenId])).toEqual([
      [0, 4],
      [0, 5],
      [0, 6],
    ]);
    const second = beams.advance(first.map(({ node }) => ({ node, candidates: of([1, -1], [2, -2]) })));
    expect(second.map(({ from, node }) => [from, tokensOf(node), node.logprob])).toEqual([
      [0, [4, 1], -2],
      [0, [4, 2], -3],
      [1, [5, 1], -3],
    ]);
  });

  test("one that ends with a stop id is over and takes nobody's place", () => {
    const beams = frontier();
    const next = beams.advance([{ node: null, candidates: of([STOP, -0.5], [4, -1], [5, -2]) }]);
    expect(next.map(({ node }) => node.tokenId)).toEqual([4, 5]);
    expect(beams.finished.map(({ node, score, finishReason }) => [tokensOf(node), score, finishReason])).toEqual([
      [[STOP], -0.5, "stop"],
    ]);
  });

  test("all are over at the greatest length", () => {
    const beams = frontier({ maxLength: 1 });
    expect(beams.advance([{ node: null, candidates: of([4, -1], [5, -2], [6, -3]) }])).toEqual([]);
    expect(beams.finished.map(({ node, finishReason }) => [node.tokenId, finishReason])).toEqual([
      [4, "length"],
      [5, "length"],
    ]);
  });

  test("ends early where no beam can come among the best any more, and not before", () => {
    const candidates = of([STOP, -1], [4, -1.5]);
    const without = frontier({ width: 1, lengthPenalty: 0 });
    expect(without.advance([{ node: null, candidates }])).toEqual([]);
    // At length 3 and above, -1.5 over the length may still beat -1.
    expect(frontier({ width: 1, lengthPenalty: 1 }).advance([{ node: null, candidates }])).toHaveLength(1);
  });

  test("equals the same search without an early end, for any length penalty", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: -1, max: 2, noNaN: true }),
        fc.integer(),
        (width, maxLength, lengthPenalty, seed) => {
          const options = { width, maxLength, lengthPenalty, stopTokenIds: [STOP] };
          const early = new BeamFrontier(options);
          let nodes: (BeamNode | null)[] = [null];
          while (nodes.length > 0) {
            nodes = early
              .advance(nodes.map((node) => ({ node, candidates: candidatesOf(node, width + 1, seed) })))
              .map(({ node }) => node);
          }
          const whole = toTheEnd(options, seed);
          expect(early.finished.map(({ node, score }) => [tokensOf(node), score])).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Candidates that depend on the whole sequence. */
function candidatesOf(node: BeamNode | null, count: number, seed: number) {
  const tokens = node === null ? [] : tokensOf(node);
  const logprobs = Array.from({ length: 10 }, (_, tokenId) => ({
    tokenId,
    logprob:
      -(
        (Math.imul(
          [...tokens, tokenId, seed].reduce((hash, token) => Math.imul(hash ^ token, 0x85ebca6b) ^ (hash >>> 13), 7),
          0x9e3779b1,
        ) >>>
          20) +
        1
      ) / 1000,
  }));
  return logprobs.toSorted((a, b) => b.logprob - a.logprob || a.tokenId - b.tokenId).slice(0, count);
}

/** The rule as one would write it down: go on to the end, then sort. */
function toTheEnd(
  { width, maxLength, lengthPenalty }: { width: number; maxLength: number; lengthPenalty: number },
  seed: number,
): [number[], number][] {
  const over: { tokens: number[]; logprob: number }[] = [];
  let live: { node: BeamNode | null; tokens: number[]; logprob: number }[] = [{ node: null, tokens: [], logprob: 0 }];
  for (let length = 1; length <= maxLength; length++) {
    const all = live.flatMap(({ node, tokens, logprob }) =>
      candidatesOf(node, width + 1, seed).map((candidate) => {
        const sum = logprob + candidate.logprob;
        return {
          node: { tokenId: candidate.tokenId, parent: node, length, logprob: sum },
          tokens: [...tokens, candidate.tokenId],
          logprob: sum,
        };
      }),
    );
    over.push(...all.filter(({ tokens }) => tokens.at(-1) === STOP));
    live = all
      .filter(({ tokens }) => tokens.at(-1) !== STOP)
      .toSorted((a, b) => b.logprob - a.logprob)
      .slice(0, width);
  }
  const scored = [...over, ...live].map(({ tokens, logprob }): [number[], number] => [
    tokens,
    logprob / tokens.length ** lengthPenalty,
  ]);
  return scored.toSorted((a, b) => b[1] - a[1]).slice(0, width);
}
