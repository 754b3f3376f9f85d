import { assert } from "../../assert.ts";
import type { Backend } from "../../backends/backend.ts";
import { LogprobWriter, Sampler, argmax, createLogprobColumns } from "../../sampling/index.ts";
import { SAMPLE_NOT_FINITE } from "../../step.ts";
import { makePlan } from "../make-plan.ts";
import { poisonBytes } from "../poison.ts";
import { PlanDriver, type Sample, type SequenceOptions } from "../plan-driver.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { expectSame, prompt, transcribe } from "./transcript.ts";

/** One of each rule, and what tells their draws apart: seed, choice. */
const OPTIONS: readonly SequenceOptions[] = [
  {},
  { sampling: { temperature: 1, seed: 1 } },
  { sampling: { temperature: 1, seed: 2 } },
  { sampling: { temperature: 1, seed: 1 }, choice: 1 },
  { sampling: { temperature: 1, seed: 2 ** 40 + 1 } },
  { sampling: { temperature: 2.5, topK: 5, seed: 3 } },
  { sampling: { temperature: 1.5, topP: 0.7, seed: 4 } },
  { sampling: { temperature: 2.5, minP: 0.3, seed: 5 } },
  { sampling: { temperature: 0.8, topK: 20, topP: 0.9, minP: 0.02, seed: 6 } },
  { sampling: { temperature: 1, topK: 1, seed: 7 } },
];
const LENGTH = 9;
const DECODES = 12;
/** float32 sums over a vocabulary: of the order of 1e-6 relative, of log probabilities below about 100. */
const LOGPROB_TOLERANCE = 1e-3;

/** Samples of the same prompt under each of the options, a step's worth at a time or one by one. */
async function sampleAll(backend: Backend, together: number, options = OPTIONS): Promise<(readonly Sample[])[]> {
  const driver = new PlanDriver(backend);
  const transcripts: (readonly Sample[])[] = [];
  for (let first = 0; first < options.length; first += together) {
    const sequences = options
      .slice(first, first + together)
      .map((each) => driver.start(prompt(backend, LENGTH, 1), each));
    transcripts.push(...(await transcribe(driver, sequences, { chunk: 4, newTokens: DECODES })));
    for (const sequence of sequences) driver.finish(sequence);
  }
  return transcripts;
}

/** The ids follow from the kept logits by the sampling rule. */
async function followsTheRule(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const sampler = new Sampler(backend.info.vocabSize);
    for (const { sequence, logits, position, tokenId } of (await sampleAll(backend, backend.info.maxRequests)).flat()) {
      if (logits === null) return;
      const { sampling, choice } = sequence.options;
      const row = { slot: 0, tokenIds: [0], position: 0, tables: [[1]], sampled: [0], sampling, choice };
      const expected = sampler.sample(logits, makePlan(0, 1, [row]).sampling, 0, position);
      const options = JSON.stringify(sequence.options);
      assert(
        tokenId === expected,
        () => `the token at position ${position} under ${options} is ${tokenId}, not ${expected}`,
      );
    }
  });
}

async function sameAloneAndTogether(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const together = await sampleAll(backend, backend.info.maxRequests);
    for (const [i, transcript] of (await sampleAll(backend, 1)).entries()) {
      expectSame(transcript, together[i], `${JSON.stringify(OPTIONS[i])} alone and in a batch`);
    }
  });
}

/**
 * Several choices of a request begin with the same token: its row is sampled once for each, beside rows sampled once.
 */
async function severalChoices(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const sampling = { temperature: 1.5, seed: 9 };
    const choices = [[0, 1, 2, 3], [2], [1, 4]];
    const driver = new PlanDriver(backend);
    const sequences = choices.map((_, seed) => driver.start(prompt(backend, LENGTH, seed), { sampling }));
    const samples = await driver.step(sequences.map((sequence, i) => ({ sequence, choices: choices[i] })));
    for (const sequence of sequences) driver.finish(sequence);
    const wanted = choices.flatMap((list, seed) => list.map((choice) => ({ seed, choice })));
    for (const [i, { seed, choice }] of wanted.entries()) {
      const alone = driver.start(prompt(backend, LENGTH, seed), { sampling, choice });
      expectSame(
        [samples[i]],
        await driver.step([{ sequence: alone }]),
        `choice ${choice} of prompt ${seed} in a row sampled for several choices`,
      );
      driver.finish(alone);
    }
  });
}

/** Greedy takes the largest logit, and of equal ones the lowest id. */
async function greedyTies(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const [samples] = await sampleAll(backend, 1, OPTIONS.slice(0, 1));
    for (const { logits, tokenId, position } of samples) {
      if (logits === null) return;
      const expected = argmax(logits, logits.length);
      assert(tokenId === expected, () => `the greedy token at position ${position} is ${tokenId}, not ${expected}`);
    }
  });
}

/** Rows want none, only their own, and as many as there may be, in one batch. */
async function logprobs(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const { vocabSize, maxRequests } = backend.info;
    const options = [-1, 0, 3, 20].map((wanted) => ({ sampling: { temperature: 1, logprobs: wanted } }));
    const writer = new LogprobWriter(vocabSize);
    for (const { sequence, logits, logprob, tokenId, topIds, topLogprobs } of (
      await sampleAll(backend, maxRequests, options)
    ).flat()) {
      const wanted = sequence.options.sampling?.logprobs ?? -1;
      if (logits === null || wanted < 0) continue;
      const expected = createLogprobColumns(1);
      writer.write(expected, 0, logits, tokenId, wanted);
      assert(
        closeTo(logprob, expected.logprobs[0]),
        () => `the log probability of ${tokenId} is ${logprob}, not ${expected.logprobs[0]}`,
      );
      for (let rank = 0; rank < wanted; rank++) {
        const id = expected.topIds[rank];
        assert(topIds[rank] === id, () => `the id at rank ${rank} is ${topIds[rank]}, not ${id}`);
        const value = expected.topLogprobs[rank];
        assert(
          closeTo(topLogprobs[rank], value),
          () => `the log probability at rank ${rank} is ${topLogprobs[rank]}, not ${value}`,
        );
      }
    }
  });
}

/**
 * Keys and values that are NaN make logits that are; the request beside it does not notice. A backend without logits
 * has none to flag, and a window of 1 sees no token before its own.
 */
async function flagsNotFinite(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    if (backend.info.groups.every(({ window }) => window === 1)) return;
    const driver = new PlanDriver(backend);
    const [sick, sound] = [1, 2].map((seed) => driver.start(prompt(backend, LENGTH, seed)));
    await driver.step([{ sequence: sick }, { sequence: sound }]);
    await backend.writeBlocks(sick.tables.flat(), poisonBytes(backend.info, sick.tables.flat().length));
    const { result } = await driver.issue([{ sequence: sick }, { sequence: sound }]).done;
    if (result.sampleFlags === undefined && result.logits === undefined) return;
    assert(result.sampleFlags !== undefined, "results have no sampleFlags");
    const [flagged, other] = Array.from(result.sampleFlags.subarray(0, 2), (flags) => flags & SAMPLE_NOT_FINITE);
    assert(flagged === SAMPLE_NOT_FINITE, "a sample of logits that are NaN is not flagged");
    assert(other === 0, "a sample of finite logits is flagged");
  });
}

function closeTo(actual: number | null, expected: number): boolean {
  return actual !== null && (actual === expected || Math.abs(actual - expected) <= LOGPROB_TOLERANCE);
}

/** Tokens are chosen by the one rule, whatever shares the step. */
export const samplingCases: readonly BackendCase[] = [
  { name: "sampling follows the rule", run: followsTheRule },
  { name: "a draw is the same alone and in a batch", run: sameAloneAndTogether },
  { name: "a row is sampled once for each choice that begins with it", run: severalChoices },
  { name: "greedy takes the lowest of equal ids", run: greedyTies },
  { name: "logits that are not finite are flagged, alone", run: flagsNotFinite },
  { name: "log probabilities are those of the unmodified logits", run: logprobs },
];
