import { assert } from "../../assert.ts";
import type { Backend } from "../../backends/backend.ts";
import { PlanDriver } from "../plan-driver.ts";
import { poisonBytes } from "../poison.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { type Pace, type Transcript, expectClose, expectSame, prompt, transcribe } from "./transcript.ts";

/** Prompt lengths of the batches: a single token, odd ones, and one of several blocks of 16. */
const LENGTHS = [1, 5, 18, 35];
const NEW_TOKENS = 4;
/** 16 blocks of 16: longer contexts only repeat what these cases show. */
const LONGEST_CONTEXT = 256;
/** Whole prompts, as far as the step limit allows. */
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** Transcripts of the batch of `LENGTHS`, the whole of each prompt in one step where the limit allows. */
async function batch(driver: PlanDriver, chunk = EVERYTHING): Promise<Transcript[]> {
  const sequences = LENGTHS.map((length, seed) => driver.start(prompt(driver.backend, length, seed)));
  const transcripts = await transcribe(driver, sequences, { chunk, newTokens: NEW_TOKENS });
  for (const sequence of sequences) driver.finish(sequence);
  return transcripts;
}

/** The transcript of one prompt alone. */
async function alone(driver: PlanDriver, length: number, seed: number, pace: Partial<Pace> = {}): Promise<Transcript> {
  const sequence = driver.start(prompt(driver.backend, length, seed));
  const [transcript] = await transcribe(driver, [sequence], { chunk: EVERYTHING, newTokens: NEW_TOKENS, ...pace });
  driver.finish(sequence);
  return transcript;
}

function expectAllSame(actual: readonly Transcript[], expected: readonly Transcript[], what: string): void {
  for (const [i, transcript] of actual.entries()) {
    expectSame(transcript, expected[i], `${what}, prompt of ${LENGTHS[i]}`);
  }
}

/** Fills every block with NaN. */
async function poisonAll(backend: Backend): Promise<void> {
  const blocks = Array.from({ length: backend.info.blockCount }, (_, i) => i + 1);
  await backend.writeBlocks(blocks, poisonBytes(backend.info, blocks.length));
}

async function batchOrAlone(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const together = await batch(driver);
    for (const [seed, length] of LENGTHS.entries()) {
      expectSame(together[seed], await alone(driver, length, seed), `a prompt of ${length} in a batch and alone`);
    }
  });
}

async function anyChunking(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const whole = await batch(driver);
    for (const chunk of [1, 3, 7, 16]) expectAllSame(await batch(driver, chunk), whole, `chunks of ${chunk}`);
  });
}

/** A prompt is computed in chunks beside a decode that has begun before it. */
async function prefillBesideDecode(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const [decoding, prefilling] = [6, 20].map((length) => driver.start(prompt(backend, length, length)));
    const samples = [...(await driver.step([{ sequence: decoding, sample: "all" }]))];
    for (let chunk = 0; chunk < 4; chunk++) {
      samples.push(...(await driver.step([{ sequence: prefilling, count: 5, sample: "all" }, { sequence: decoding }])));
    }
    for (const [sequence, length, newTokens] of [
      [decoding, 6, 5],
      [prefilling, 20, 1],
    ] as const) {
      const mixed = samples.filter((sample) => sample.sequence === sequence);
      driver.finish(sequence);
      expectSame(mixed, await alone(driver, length, length, { newTokens }), `the prompt of ${length}, mixed and alone`);
    }
  });
}

async function anyPlacement(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const ascending = Array.from({ length: backend.info.blockCount }, (_, i) => i + 1);
    const isOdd = (id: number): boolean => id % 2 === 1;
    const oddFirst = [...ascending.filter(isOdd), ...ascending.filter((id) => !isOdd(id))];
    const orders = { descending: ascending.toReversed(), "odd first": oddFirst };
    const expected = await batch(new PlanDriver(backend, { order: ascending }));
    for (const [name, order] of Object.entries(orders)) {
      expectAllSame(await batch(new PlanDriver(backend, { order })), expected, `block order ${name}`);
    }
  });
}

async function poisonedSlots(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const clean = await batch(new PlanDriver(backend));
    await poisonAll(backend);
    expectAllSame(await batch(new PlanDriver(backend)), clean, "unused slots of NaN");
    await poisonAll(backend);
    expectAllSame(await batch(new PlanDriver(backend), 3), clean, "unused slots of NaN, chunks of 3");
  });
}

async function blockBoundaries(subject: Subject): Promise<void> {
  const { blockSize } = subject.sizes;
  const lengths = [1, 2].flatMap((blocks) => [blocks * blockSize - 1, blocks * blockSize, blocks * blockSize + 1]);
  await withBackend(subject, async (backend) => {
    for (const length of lengths.filter((candidate) => candidate > 0)) {
      const driver = new PlanDriver(backend);
      await poisonAll(backend);
      const stepwise = await alone(driver, length, length, { chunk: 1 });
      await poisonAll(backend);
      expectSame(await alone(driver, length, length), stepwise, `a prompt of ${length} at once and token by token`);
    }
  });
}

/** Up to the last position of the context, or as far as a test needs to go. */
async function wholeContext(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const length = Math.min(backend.info.contextLength, LONGEST_CONTEXT);
    const large = await alone(driver, length, 1, { newTokens: 1 });
    expectSame(
      await alone(driver, length, 1, { chunk: 17, newTokens: 1 }),
      large,
      `a context of ${length} in chunks of 17 and of the limit`,
    );
  });
}

/** As many requests as a step may carry, with as many tokens. */
async function fullStep(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const { maxTokens, maxRequests } = backend.info;
    const driver = new PlanDriver(backend);
    const length = Math.floor(maxTokens / maxRequests);
    const lengths = Array.from({ length: maxRequests }, (_, i) =>
      i === 0 ? maxTokens - (maxRequests - 1) * length : length,
    );
    const sequences = lengths.map((size, seed) => driver.start(prompt(backend, size, seed)));
    const together = await transcribe(driver, sequences, { chunk: EVERYTHING, newTokens: 1 });
    for (const sequence of sequences) driver.finish(sequence);
    for (const [seed, size] of lengths.entries()) {
      expectSame(
        together[seed],
        await alone(driver, size, seed, { newTokens: 1 }),
        `request ${seed} of a full step and alone`,
      );
    }
  });
}

async function finiteLogits(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    for (const { logits, position } of (await batch(new PlanDriver(backend))).flat()) {
      const id = logits?.findIndex((logit) => !Number.isFinite(logit)) ?? -1;
      assert(id < 0, () => `the logit of ${id} for position ${position} is ${logits?.[id]}`);
    }
  });
}

async function agreesWithOracle(subject: Subject): Promise<void> {
  const { oracle, sizes, tolerance } = subject;
  if (oracle === null) return;
  const expected = await withBackend({ make: oracle, sizes }, (backend) => forced(backend));
  const actual = await withBackend(subject, (backend) => forced(backend));
  for (const [i, transcript] of actual.entries()) {
    expectClose(transcript, expected[i], tolerance, `prompt of ${LENGTHS[i]}`);
  }
}

/** Transcripts of prompts alone, no sampled token fed back: a near tie cannot lead two backends to different texts. */
async function forced(backend: Backend): Promise<Transcript[]> {
  const driver = new PlanDriver(backend);
  const sequences = LENGTHS.map((length, seed) => driver.start(prompt(backend, length, seed)));
  return transcribe(driver, sequences, { chunk: EVERYTHING, newTokens: 1 });
}

/** The same logits whatever shares the step, whichever way the tokens came and wherever the blocks lie. */
export const numericCases: readonly BackendCase[] = [
  { name: "logits are finite", run: finiteLogits },
  { name: "a batch gives each request what it gets alone", run: batchOrAlone },
  { name: "any chunking gives the same bits", run: anyChunking },
  { name: "prefill beside a decode changes neither", run: prefillBesideDecode },
  { name: "any placement of blocks gives the same bits", run: anyPlacement },
  { name: "NaN in unused slots is never read", run: poisonedSlots },
  { name: "lengths around block boundaries", run: blockBoundaries },
  { name: "the whole context can be used", run: wholeContext },
  { name: "a step may be full", run: fullStep },
  { name: "logits agree with the oracle", run: agreesWithOracle },
];
