import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pastFuture } from "../../../src/policies/admission/past-future.ts";
import { watermark } from "../../../src/policies/admission/watermark.ts";
import type { LengthPredictor } from "../../../src/policies/length-predictor.ts";
import type { Request } from "../../../src/request.ts";
import { produce } from "../../../src/testing/policy-cases/policy-case.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

/** Knows: nobody stops before the end. */
const oracle: LengthPredictor = { predict: ({ maxLength, promptTokenCount }) => maxLength - promptTokenCount };

const blocksOf = (tokens: number): number => Math.ceil(tokens / 4);

/** A running request with its prompt computed. */
function runningWith(prompt: number, maxTokens: number, produced: number): Request {
  const request = requestOf(0, { promptTokenIds: new Int32Array(prompt), maxTokens });
  produce(request, produced);
  request.computedTokenCount = request.tokenCount - 1;
  return request;
}

/** The most blocks that are held at a time, step by step: everybody gains a token a step and leaves with his last. */
function simulatedPeak(requests: readonly Request[]): number {
  let peak = 0;
  for (let step = 0; step <= 100; step++) {
    const left = requests.filter(({ tokenCount, maxLength }) => tokenCount + step <= maxLength);
    peak = Math.max(
      peak,
      left.reduce((sum, { tokenCount }) => sum + blocksOf(tokenCount + step), 0),
    );
  }
  return peak;
}

/** Blocks that are missing in a pool of `blockCount`. */
function missing(newcomer: Request, running: readonly Request[], blockCount: number): number {
  const held = running.reduce((sum, { tokenCount }) => sum + blocksOf(tokenCount), 0);
  const view = admissionView({
    blockCount,
    blockSize: 4,
    availableBlocks: blockCount - held,
    running,
    heldBlocks: ({ tokenCount }) => blocksOf(tokenCount),
  });
  return pastFuture(oracle).missingBlocks(newcomer, blocksOf(newcomer.tokenCount), view);
}

describe("past-future", () => {
  test("with exact predictions, what it wants is what will be held, and at most a block a request more", () => {
    const request = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 40 }), fc.nat(38));
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (drawn, prompt, maxTokens) => {
          const running = drawn.map(([length, most, produced]) =>
            runningWith(length, most, Math.min(produced, most - 1)),
          );
          const newcomer = requestOf(9, { promptTokenIds: new Int32Array(prompt), maxTokens });
          const peak = simulatedPeak([...running, newcomer]);
          expect(missing(newcomer, running, peak - 1)).toBeGreaterThan(0);
          expect(missing(newcomer, running, peak + running.length + 1)).toBe(0);
        },
      ),
    );
  });

  test("requests that end soon make room for those that stay: fewer blocks than if all were to stay", () => {
    const running = [runningWith(4, 40, 36), runningWith(4, 40, 36)];
    const newcomer = requestOf(9, { promptTokenIds: new Int32Array(4), maxTokens: 40 });
    // Of 44 tokens each, 11 blocks, the two hold theirs for 4 steps only.
    expect([missing(newcomer, running, 24), missing(newcomer, running, 23)]).toEqual([0, 1]);
    expect(3 * blocksOf(44)).toBe(33);
  });

  test("a block that several share counts once", () => {
    const shared = {
      blockCount: 20,
      blockSize: 4,
      availableBlocks: 10,
      running: [runningWith(36, 4, 0), runningWith(36, 4, 0)],
      heldBlocks: () => 9,
    };
    const newcomer = requestOf(9, { promptTokenIds: new Int32Array(36), maxTokens: 4 });
    // Held 9 + 9, together 16; each takes one more, and so does the newcomer, beside the one that he needs now.
    expect(pastFuture(oracle).missingBlocks(newcomer, 1, admissionView({ ...shared, availableBlocks: 4 }))).toBe(0);
    expect(pastFuture(oracle).missingBlocks(newcomer, 1, admissionView({ ...shared, availableBlocks: 3 }))).toBe(1);
  });

  test("prompts under way are counted whole", () => {
    const underWay = requestOf(0, { promptTokenIds: new Int32Array(40), maxTokens: 1 });
    underWay.computedTokenCount = 4;
    const view = (availableBlocks: number) =>
      admissionView({ blockCount: 12, blockSize: 4, availableBlocks, promisedBlocks: 9, running: [underWay] });
    const newcomer = requestOf(9, { promptTokenIds: new Int32Array(8), maxTokens: 1 });
    expect(pastFuture(oracle).missingBlocks(newcomer, 2, view(11))).toBeGreaterThan(0);
  });

  test("where growth stops, at a window, it stops counting", () => {
    const windowed = {
      blockCount: 20,
      blockSize: 4,
      blocksFor: (tokens: number) => Math.min(3, blocksOf(tokens)),
      heldBlocks: () => 3,
    };
    const running = [1, 2, 3, 4, 5].map(() => runningWith(20, 500, 0));
    const newcomer = requestOf(9, { promptTokenIds: new Int32Array(20), maxTokens: 500 });
    expect(
      pastFuture(oracle).missingBlocks(newcomer, 3, admissionView({ ...windowed, availableBlocks: 5, running })),
    ).toBe(0);
  });

  test("learns how long answers are: once they are known to be short, more run at a time, and fewer are preempted than by a watermark", () => {
    const runWith = (admission = pastFuture()) => {
      const run = new PolicyRun({ blockCount: 40, admission });
      const running: number[] = [];
      for (let i = 0; i < 80; i++) run.submit({ promptTokenIds: [i], maxTokens: 200 });
      while (run.scheduler.size > 0) {
        for (const request of run.step()) {
          if (request.outputTokenCount === 60) run.scheduler.finish(request.id, "stop", run.now);
        }
        running.push(run.scheduler.stats().running);
      }
      return { first: running[0], most: Math.max(...running), ...run.scheduler.stats() };
    };
    const [learned, plain] = [runWith(), runWith(watermark())];
    expect([learned.finished, plain.finished]).toEqual([80, 80]);
    expect(learned.most).toBeGreaterThan(2 * learned.first);
    expect(learned.preemptions).toBeLessThan(plain.preemptions / 2);
  });
});
