import { assert } from "../../assert.ts";
import type { Backend } from "../../backends/backend.ts";
import { argmax, LogprobWriter, createLogprobColumns } from "../../sampling/index.ts";
import { allowInMask, maskAllows, maskWordCount } from "../../token-mask.ts";
import type { LogitEdit } from "../make-plan.ts";
import { PlanDriver, type Sample, type SequenceOptions } from "../plan-driver.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { expectSame, prompt, transcribe } from "./transcript.ts";

const LENGTH = 9;
const DECODES = 8;
/** float32 arithmetic of logits below about 100, and a division that need not be exact. */
const TOLERANCE = 1e-4;
const LOGPROB_TOLERANCE = 1e-3;

/** A mask that allows each id with `id % every === 0`. */
function maskOf(vocabSize: number, every: number): Int32Array {
  const words = new Int32Array(maskWordCount(vocabSize));
  for (let id = 0; id < vocabSize; id += every) allowInMask(words, id);
  return words;
}

/** One sequence of each kind, and two that are as they were. */
function optionsOf(vocabSize: number): readonly SequenceOptions[] {
  const all = Array.from({ length: vocabSize }, (_, id) => id);
  const edits: LogitEdit[] = all
    .filter((id) => id % 3 !== 1)
    .map((tokenId) => ({
      tokenId,
      bias: ((tokenId * 7) % 11) - 5,
      scale: 0.5 + (tokenId % 4),
      penalty: ((tokenId * 5) % 9) - 4,
    }));
  const banned = all.filter((id) => id % 2 === 0).map((tokenId) => ({ tokenId, bias: Number.NEGATIVE_INFINITY }));
  const forced = { tokenId: vocabSize - 2, bias: Number.POSITIVE_INFINITY };
  return [
    {},
    { edits, sampling: { logprobs: 2 } },
    { edits: banned },
    { edits: [forced], sampling: { logprobs: 2 } },
    { mask: maskOf(vocabSize, 5), sampling: { logprobs: 2 } },
    { mask: maskOf(vocabSize, vocabSize) },
    { mask: maskOf(vocabSize, 3), edits, sampling: { temperature: 1.5, seed: 3 } },
    {},
  ];
}

async function sampleAll(backend: Backend, together: number): Promise<(readonly Sample[])[]> {
  const driver = new PlanDriver(backend);
  const options = optionsOf(backend.info.vocabSize);
  const transcripts: (readonly Sample[])[] = [];
  for (let first = 0; first < options.length; first += together) {
    const given = options.slice(first, first + together);
    const sequences = given.map((each) => driver.start(prompt(backend, LENGTH, 1), each));
    transcripts.push(...(await transcribe(driver, sequences, { chunk: 4, newTokens: DECODES })));
    for (const sequence of sequences) driver.finish(sequence);
  }
  return transcripts;
}

/** What a logit becomes, in float64. */
function edited(logit: number, id: number, { edits = [], mask }: SequenceOptions): number {
  if (mask !== undefined && !maskAllows(mask, id)) return Number.NEGATIVE_INFINITY;
  const edit = edits.find(({ tokenId }) => tokenId === id);
  if (edit === undefined) return logit;
  const x = logit + (edit.bias ?? 0);
  return (x > 0 ? x / (edit.scale ?? 1) : x * (edit.scale ?? 1)) - (edit.penalty ?? 0);
}

async function followsTheRule(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    for (const sample of (await sampleAll(backend, backend.info.maxRequests)).flat()) checkSample(sample);
  });
}

/** No id that is banned is chosen, one that is forced is, and a greedy one has the largest of the edited logits. */
function checkSample({ sequence, logits, tokenId, position }: Sample): void {
  const { options } = sequence;
  const forced = options.edits?.find(({ bias }) => bias === Number.POSITIVE_INFINITY)?.tokenId;
  assert(
    edited(0, tokenId, options) > Number.NEGATIVE_INFINITY && (forced ?? tokenId) === tokenId,
    () => `the token at position ${position} is ${tokenId}, which its edits and mask do not allow`,
  );
  if (logits === null || forced !== undefined || (options.sampling?.temperature ?? 0) > 0) return;
  const row = Float64Array.from(logits, (logit, id) => edited(logit, id, options));
  const best = row[argmax(row, row.length)];
  assert(
    row[tokenId] >= best - TOLERANCE * (1 + Math.abs(best)),
    () => `the token at position ${position} is ${tokenId} of edited logit ${row[tokenId]}, the largest is ${best}`,
  );
}

async function sameAloneAndTogether(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const together = await sampleAll(backend, backend.info.maxRequests);
    for (const [i, transcript] of (await sampleAll(backend, 1)).entries()) {
      expectSame(transcript, together[i], `steered sequence ${i} alone and in a batch`);
    }
  });
}

/** Log probabilities, the logits that are kept and the flags are of the logits before the edits. */
async function leavesTheRest(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const { vocabSize, maxRequests } = backend.info;
    const transcripts = await sampleAll(backend, maxRequests);
    const writer = new LogprobWriter(vocabSize);
    for (const { sequence, logits, logprob, tokenId, topIds, position } of transcripts.flat()) {
      const wanted = sequence.options.sampling?.logprobs ?? -1;
      if (logits === null || wanted < 0 || logprob === null) continue;
      const expected = createLogprobColumns(1);
      writer.write(expected, 0, logits, tokenId, wanted);
      assert(
        Math.abs(logprob - expected.logprobs[0]) <= LOGPROB_TOLERANCE && topIds[0] === expected.topIds[0],
        () => `the log probability at position ${position} is ${logprob}, unmodified ${expected.logprobs[0]}`,
      );
    }
    const [plain, masked] = [transcripts[0][0], transcripts[5][0]];
    assert(
      plain.logits === null || plain.logits.every((logit, id) => logit === masked.logits![id]),
      () => `the logits at position ${plain.position} are other ones where a mask lies over them`,
    );
  });
}

async function flagsAsBefore(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const mask = maskOf(backend.info.vocabSize, 7);
    const sequence = driver.start(prompt(backend, LENGTH, 1), { mask });
    const { result } = await driver.issue([{ sequence }]).done;
    assert((result.sampleFlags?.[0] ?? 0) === 0, "a sample under a mask is flagged as not finite");
  });
}

/** Edits and masks change what is chosen, for their own sample and nothing else. */
export const editCases: readonly BackendCase[] = [
  { name: "edits and masks follow the rule", run: followsTheRule },
  { name: "an edited draw is the same alone and in a batch", run: sameAloneAndTogether },
  { name: "edits and masks leave logits and log probabilities as they are", run: leavesTheRest },
  { name: "a mask flags no logits", run: flagsAsBefore },
];
