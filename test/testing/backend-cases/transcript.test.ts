import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { expectClose, expectSame, prompt, transcribe } from "../../../src/testing/backend-cases/transcript.ts";
import { PlanDriver, type Sample, randomModel } from "../../../src/testing/index.ts";

const backend = createReferenceBackend({
  model: randomModel(1),
  blockCount: 20,
  blockSize: 4,
  maxTokens: 8,
  maxRequests: 2,
  keepLogits: true,
});

test("prompt gives ids of the vocabulary, by seed", () => {
  const ids = prompt(backend, 50, 1);
  expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 97)).toBe(true);
  expect(prompt(backend, 50, 1)).toEqual(ids);
  expect(prompt(backend, 50, 2)).not.toEqual(ids);
});

test("transcribe samples after every token, within the step limit", async () => {
  const driver = new PlanDriver(backend);
  const sequences = [11, 3].map((length, seed) => driver.start(prompt(backend, length, seed)));
  const transcripts = await transcribe(driver, sequences, { chunk: 5, newTokens: 2 });
  expect(transcripts.map((samples) => samples.map(({ position }) => position))).toEqual([
    Array.from({ length: 12 }, (_, i) => i + 1),
    Array.from({ length: 4 }, (_, i) => i + 1),
  ]);
  expect(sequences.map(({ tokenIds }) => tokenIds.length)).toEqual([13, 5]);
});

describe("comparisons", () => {
  const driver = new PlanDriver(backend);
  const sequence = driver.start([1]);
  const sample = (tokenId: number, logits: readonly number[] | null): Sample => {
    return {
      sequence,
      position: 7,
      tokenId,
      logits: logits && Float32Array.from(logits),
      logprob: null,
      topIds: [],
      topLogprobs: [],
    };
  };

  test("expectSame compares counts, ids and bits", () => {
    const expected = [sample(1, [0, 2])];
    expect(() => expectSame([sample(1, [0, 2])], expected, "it")).not.toThrow();
    expect(() => expectSame([sample(1, null)], expected, "it")).not.toThrow();
    expect(() => expectSame([], expected, "it")).toThrow("it: 0 samples, not 1");
    expect(() => expectSame([sample(0, [0, 2])], expected, "it")).toThrow("it: the token at position 7 is 0, not 1");
    expect(() => expectSame([sample(1, [-0, 2])], expected, "it")).toThrow(
      "it: the logit of 0 for position 7 is 0, not 0",
    );
    expect(() => expectSame([sample(1, [0, 3])], expected, "it")).toThrow(
      "it: the logit of 1 for position 7 is 3, not 2",
    );
  });

  test("expectClose compares logits within the tolerance", () => {
    const expected = [sample(1, [0, 2])];
    expect(() => expectClose([sample(0, [0.125, 2])], expected, 0.125, "it")).not.toThrow();
    expect(() => expectClose([sample(1, [0.25, 2])], expected, 0.125, "it")).toThrow(
      "it: the logit of 0 for position 7 is 0.25, more than 0.125 from 0",
    );
    expect(() => expectClose([sample(1, [0, Number.NaN])], expected, 9, "it")).toThrow(
      "the logit of 1 for position 7 is NaN",
    );
  });
});
