import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { modelNamed, StepLoad } from "../../src/roofline/index.ts";

const llama = modelNamed("llama-7b");
const gemma = modelNamed("gemma-2-2b"); // kinds: window 4096, none

/** Pairs counted one position at a time. */
function countPairs(query: number, context: number, window: number): number {
  let pairs = 0;
  for (let position = context - query; position < context; position++) pairs += Math.min(position + 1, window);
  return pairs;
}

describe("StepLoad", () => {
  test("a decode reads its context once, a prompt sees half of its square", () => {
    const load = new StepLoad(llama);
    load.add(1, 100, 1);
    expect([load.tokens, load.requests, load.samples, load.kvTokensRead[0], load.attentionPairs[0]]).toEqual([
      1, 1, 1, 100, 100,
    ]);
    load.add(512, 512, 0);
    expect([load.tokens, load.requests, load.samples, load.kvTokensRead[0], load.attentionPairs[0]]).toEqual([
      513,
      2,
      1,
      612,
      100 + (512 * 513) / 2,
    ]);
    load.clear();
    expect([load.tokens, load.requests, load.samples, load.kvTokensRead[0], load.attentionPairs[0]]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  test("a window bounds what a decode reads, in the layers that have it", () => {
    const load = new StepLoad(gemma);
    load.add(1, 8000, 1);
    expect([...load.kvTokensRead]).toEqual([4096, 8000]);
    expect([...load.attentionPairs]).toEqual([4096, 8000]);
  });

  test("refuses a request that a step cannot have", () => {
    expect(() => new StepLoad(llama).add(0, 5, 0)).toThrow(AssertionError);
    expect(() => new StepLoad(llama).add(6, 5, 0)).toThrow(AssertionError);
    expect(() => new StepLoad(llama).add(1, 5, 2)).toThrow(AssertionError);
  });

  test("law: pairs are those counted one by one, however the prompt is cut; reading never exceeds them", () => {
    const prompt = fc.record({
      context: fc.integer({ min: 1, max: 300 }),
      window: fc.integer({ min: 1, max: 200 }),
      chunk: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(prompt, ({ context, window, chunk }) => {
        const load = new StepLoad({
          ...gemma,
          layers: [
            { count: 1, window },
            { count: 1, window: null },
          ],
        });
        for (let done = 0; done < context; done += chunk) {
          load.add(Math.min(chunk, context - done), Math.min(context, done + chunk), 0);
        }
        expect([...load.attentionPairs]).toEqual([
          countPairs(context, context, window),
          countPairs(context, context, Number.POSITIVE_INFINITY),
        ]);
        for (const kind of [0, 1]) expect(load.kvTokensRead[kind]).toBeLessThanOrEqual(load.attentionPairs[kind]);
      }),
    );
  });
});
