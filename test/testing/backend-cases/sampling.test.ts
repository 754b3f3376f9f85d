import { expect, test } from "vitest";
import type { SamplingColumns } from "../../../src/step.ts";
import { samplingCases } from "../../../src/testing/backend-cases/sampling.ts";
import { randomModel } from "../../../src/testing/index.ts";
import { type Fault, faulty, onPlan, onResult, runCase } from "../../support/faulty-backend.ts";

/** Writes one number over a whole column. */
function ignoring(column: keyof SamplingColumns, value: number): Fault {
  return onPlan((plan) => ({
    ...plan,
    sampling: { ...plan.sampling, [column]: plan.sampling[column].map(() => value) },
  }));
}

/** Seeds, as [low, high, low, high, …] words, are changed. */
function withSeeds(change: (word: number, index: number, requestCount: number) => number): Fault {
  return onPlan((plan) => {
    const seed = plan.sampling.seed.map((word, i) => change(word, i, plan.requestCount));
    return { ...plan, sampling: { ...plan.sampling, seed } };
  });
}

const halfOfTheSeed = withSeeds((word, i) => (i % 2 === 0 ? word : 0));
const drawsByBatch = withSeeds((word, _, requestCount) => word + requestCount);

const lastOfTheLargest = onResult(({ logits, tokenIds }, { sampleCount }) => {
  const vocabSize = logits!.length / tokenIds.length;
  for (let sample = 0; sample < sampleCount; sample++) {
    const row = logits!.subarray(sample * vocabSize, (sample + 1) * vocabSize);
    tokenIds[sample] = row.lastIndexOf(row.reduce((a, b) => Math.max(a, b)));
  }
});

/** The samples of a request after its first one are given its first one's id, or read the logits of the row behind. */
const firstChoiceForAll = onResult(({ tokenIds }, { requestCount, sampleIndptr }) => {
  for (let request = 0; request < requestCount; request++) {
    tokenIds.fill(tokenIds[sampleIndptr[request]], sampleIndptr[request], sampleIndptr[request + 1]);
  }
});
const rowsApart = onPlan((plan) => {
  const sampleRows = plan.sampleRows.slice();
  for (let sample = 1; sample < plan.sampleCount; sample++) {
    if (plan.sampleRows[sample] === plan.sampleRows[sample - 1]) sampleRows[sample]--;
  }
  return { ...plan, sampleRows };
});

const FAULTS: readonly (readonly [name: string, what: string, fault: Fault])[] = [
  ["sampling follows the rule", "always greedy", ignoring("temperature", 0)],
  ["sampling follows the rule", "never greedy", ignoring("temperature", 1)],
  ["sampling follows the rule", "no top-k", ignoring("topK", 0)],
  ["sampling follows the rule", "no top-p", ignoring("topP", 1)],
  ["sampling follows the rule", "no min-p", ignoring("minP", 0)],
  ["sampling follows the rule", "one seed", ignoring("seed", 1)],
  ["sampling follows the rule", "half of the seed", halfOfTheSeed],
  ["sampling follows the rule", "one choice", ignoring("choice", 0)],
  ["a draw is the same alone and in a batch", "draws by batch", drawsByBatch],
  ["a row is sampled once for each choice that begins with it", "the first for all", firstChoiceForAll],
  ["a row is sampled once for each choice that begins with it", "another row", rowsApart],
  ["greedy takes the lowest of equal ids", "the highest", lastOfTheLargest],
  [
    "log probabilities are those of the unmodified logits",
    "of the chosen",
    onResult(({ logprobs }) => void (logprobs![1] -= 0.01)),
  ],
  [
    "log probabilities are those of the unmodified logits",
    "of the top",
    onResult(({ topLogprobs }) => void topLogprobs!.fill(-1)),
  ],
  [
    "log probabilities are those of the unmodified logits",
    "ids of the top",
    onResult(({ topIds }) => void topIds!.reverse()),
  ],
  ["logits that are not finite are flagged, alone", "never", onResult(({ sampleFlags }) => void sampleFlags!.fill(0))],
  ["logits that are not finite are flagged, alone", "always", onResult(({ sampleFlags }) => void sampleFlags!.fill(1))],
  ["log probabilities are those of the unmodified logits", "none", ignoring("logprobs", -1)],
];

test.each(FAULTS)("%s: a backend that breaks it is found out (%s)", async (name, _, fault) => {
  const model = randomModel(1, { tiedLogits: name.startsWith("greedy") });
  await expect(runCase(samplingCases, name, faulty(fault, model))).rejects.toThrow(
    /token at|log probability|rank|logit|flags/,
  );
});

test("every case has a fault", () => {
  expect(new Set(FAULTS.map(([name]) => name))).toEqual(new Set(samplingCases.map(({ name }) => name)));
});
