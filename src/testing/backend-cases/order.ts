import { assert } from "../../assert.ts";
import type { Backend } from "../../backends/backend.ts";
import { DisposedError } from "../../errors.ts";
import type { StepPlan } from "../../step.ts";
import { PlanDriver, type Sample, type Sequence, type SequenceOptions } from "../plan-driver.ts";
import { makePlan } from "../make-plan.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { forkOf, raggedLength, relocate } from "./moves.ts";
import { type Transcript, expectSame, fromScratch, prompt, transcribe } from "./transcript.ts";

/** No backend has this many adapters: a plan that names it is refused. */
const NO_SUCH_ADAPTER = 0x7fffffff;
const PROMPTS = [7, 3, 12];
const DECODES = 5;

function startAll(driver: PlanDriver): Sequence[] {
  return PROMPTS.map((length, seed) => driver.start(prompt(driver.backend, length, seed)));
}

/** What the prompts of `startAll` give, each step awaited. */
async function awaited(backend: Backend, newTokens: number): Promise<Transcript[]> {
  const driver = new PlanDriver(backend);
  const sequences = startAll(driver);
  return transcribe(driver, sequences, { chunk: backend.info.maxTokens, newTokens });
}

/** The samples of each sequence after its prompt. */
function generated(samples: readonly Sample[], sequences: readonly Sequence[]): Transcript[] {
  return sequences.map((sequence) => samples.filter((sample) => sample.sequence === sequence));
}

/**
 * Steps are issued before the ones ahead are done, and their requests change places: ids go from sample to input on the
 * device.
 */
async function feedsSamplesBack(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequences = startAll(driver);
    const samples: Sample[] = [];
    let ahead = driver.issue(sequences.map((sequence) => ({ sequence })));
    for (let decode = 1; decode < DECODES; decode++) {
      const turned = sequences.toSpliced(0, decode % 3).concat(sequences.slice(0, decode % 3));
      const behind = driver.issue(turned.map((sequence) => ({ sequence })));
      samples.push(...(await ahead.done).samples);
      ahead = behind;
    }
    samples.push(...(await ahead.done).samples);
    const expected = await awaited(backend, DECODES);
    for (const [i, actual] of generated(samples, sequences).entries()) {
      expectSame(actual, expected[i].slice(-DECODES), `tokens fed back on the device after a prompt of ${PROMPTS[i]}`);
    }
  });
}

async function resolvesInOrder(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const order: string[] = [];
    const long = driver.issue([{ sequence: driver.start(prompt(backend, backend.info.maxTokens, 1)) }]).done;
    const short = driver.issue([{ sequence: driver.start(prompt(backend, 1, 2)) }]).done;
    await Promise.all([short.then(() => order.push("second")), long.then(() => order.push("first"))]);
    assert(order[0] === "first", "the second step resolved before the first");
  });
}

/** Writes 0 into every column and count, an adapter that no backend has, and moves of block 1 to itself. */
function overwrite(plan: StepPlan): void {
  const { adapterIds, groups, sampling, swapOuts, swapIns, copies, ...rest } = plan;
  for (const part of [rest, sampling, ...groups]) {
    for (const column of Object.values(part)) {
      if (ArrayBuffer.isView(column)) (column as Int32Array | Float32Array).fill(0);
    }
  }
  adapterIds.fill(NO_SUCH_ADAPTER);
  for (const moves of [swapOuts, swapIns, copies]) moves.fill(1);
  Object.assign(plan, {
    tokenCount: 0,
    requestCount: 0,
    sampleCount: 0,
    copyCount: 0,
    swapOutCount: 0,
    swapInCount: 0,
  });
}

/** Each uses columns of sampling that change its tokens where they are taken for 0. */
const DRAWS: readonly SequenceOptions[] = [
  {},
  { sampling: { temperature: 1.5, seed: 2 ** 40 + 5, logprobs: 3 }, choice: 2 },
  { sampling: { temperature: 2.5, topK: 3, topP: 0.9, seed: 6 } },
  { sampling: { temperature: 2.5, minP: 0.3, seed: 7 } },
];

/** Everything in a plan is overwritten as soon as `execute` has returned. */
async function readsColumnsAtOnce(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const run = async (meddle: (plan: StepPlan) => void): Promise<readonly Transcript[]> => {
      const sequences = DRAWS.map((options, seed) => driver.start(prompt(backend, 5 + seed, seed), options));
      const { plan, done } = driver.issue(sequences.map((sequence) => ({ sequence, sample: "all" })));
      meddle(plan);
      const { samples } = await done;
      for (const sequence of sequences) driver.finish(sequence);
      return generated(samples, sequences);
    };
    const expected = await run(() => {});
    for (const [i, transcript] of (await run(overwrite)).entries()) {
      expectSame(transcript, expected[i], "a plan overwritten after execute returned");
      expectSameTop(transcript, expected[i], "a plan overwritten after execute returned");
    }
  });
}

/** The same ids among the likeliest. */
function expectSameTop(actual: Transcript, expected: Transcript, what: string): void {
  for (const [i, { topIds, position }] of actual.entries()) {
    const wanted = expected[i].topIds;
    assert(
      topIds.every((id, rank) => id === wanted[rank]),
      () => `${what}: the likeliest ids for position ${position} are ${topIds.join(" ")}, not ${wanted.join(" ")}`,
    );
  }
}

/** In one step a sequence goes to the host, another comes back and a third is copied; then the plan is overwritten. */
async function readsMovesAtOnce(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const prompts = [1, 2, 3].map((seed) => prompt(backend, raggedLength(subject), seed));
    const expected: Transcript[] = [];
    for (const tokenIds of prompts) expected.push(await fromScratch(driver, tokenIds, 2, 1));
    const [leaving, returning, parent] = prompts.map((tokenIds) => driver.start(tokenIds));
    let hostBlock = 1;
    const toHost = (sequence: Sequence) =>
      backend.info.hostBlockCount === 0 ? [] : relocate(sequence, () => hostBlock++);
    const fromHost = (sequence: Sequence) =>
      backend.info.hostBlockCount === 0 ? [] : relocate(sequence, () => driver.takeBlock());
    await driver.step([{ sequence: leaving }]);
    await driver.step([{ sequence: returning }]);
    await driver.step([{ sequence: parent }], { swapOuts: toHost(returning) });
    const fork = forkOf(driver, parent);
    const moves = {
      swapOuts: toHost(leaving),
      swapIns: fromHost(returning),
      copies: relocate(fork, () => driver.takeBlock()),
    };
    const { plan, done } = driver.issue([{ sequence: returning }, { sequence: fork }], moves);
    overwrite(plan);
    const [second, third] = (await done).samples;
    const [first] = await driver.step([{ sequence: leaving }], { swapIns: fromHost(leaving) });
    for (const [i, sample] of [first, second, third].entries()) {
      expectSame(
        [sample],
        expected[i],
        `blocks ${["swapped out", "swapped in", "copied"][i]} by a plan overwritten after execute returned`,
      );
    }
  });
}

async function resultsStayForAStep(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequences = startAll(driver);
    const first = await driver.issue(sequences.map((sequence) => ({ sequence, sample: "all" }))).done;
    const count = first.samples.length;
    const logits = first.result.logits?.slice();
    await driver.step(sequences.toReversed().map((sequence) => ({ sequence })));
    const ids = first.result.tokenIds.subarray(0, count);
    assert(
      first.samples.every(({ tokenId }, i) => tokenId === ids[i]),
      "ids were overwritten by the next step",
    );
    assert(
      logits?.every((logit, i) => logit === first.result.logits?.[i]) ?? true,
      "logits were overwritten by the next step",
    );
  });
}

/** The step behind a failed one fails with it; the next one starts afresh and finds the cache as it was before. */
async function rejectsWhatIsBehind(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequences = startAll(driver);
    const bad = driver.start(prompt(backend, 2, 9), { adapterId: NO_SUCH_ADAPTER });
    const first = await driver.step(sequences.map((sequence) => ({ sequence })));
    const shares = sequences.map((sequence) => ({ sequence }));
    const outcomes = await Promise.allSettled([driver.issue([{ sequence: bad }]).done, driver.issue(shares).done]);
    assert(outcomes[0].status === "rejected", () => `a plan with adapter ${NO_SUCH_ADAPTER} was accepted`);
    assert(outcomes[1].status === "rejected", "the step behind a failed one was not rejected");
    const rest = await transcribe(driver, sequences, { chunk: 1, newTokens: DECODES - 1 });
    const expected = await awaited(backend, DECODES);
    for (const [i, before] of generated(first, sequences).entries()) {
      expectSame([...before, ...rest[i]], expected[i].slice(-DECODES), "after a failed step");
    }
  });
}

/** A slot passes to another request while the step of the one before is in flight: each reads its own blocks. */
async function reusesSlots(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequences = startAll(driver);
    await driver.step(sequences.map((sequence) => ({ sequence })));
    const ahead = driver.issue(sequences.map((sequence) => ({ sequence })));
    // Its blocks are not taken again before the step that reads them: only the slot is another's.
    for (const table of sequences[0].tables) table.length = 0;
    driver.finish(sequences[0]);
    const newcomer = driver.start(prompt(backend, PROMPTS[2], 2));
    assert(
      newcomer.slot === sequences[0].slot,
      () => `slot ${sequences[0].slot} was given back, slot ${newcomer.slot} was taken`,
    );
    const behind = driver.issue([{ sequence: newcomer }, { sequence: sequences[1] }]);
    const samples = [...(await ahead.done).samples, ...(await behind.done).samples];
    const expected = (await awaited(backend, 3)).map((transcript) => transcript.slice(-3));
    const [first, second] = generated(samples, [sequences[0], sequences[1]]);
    expectSame(first, expected[0].slice(1, 2), "a request whose slot passed to another");
    expectSame(second, expected[1].slice(1, 3), "a request beside it");
    expectSame(generated(samples, [newcomer])[0], expected[2].slice(0, 1), "the request that took the slot");
  });
}

async function endsWithDispose(subject: Subject): Promise<void> {
  const backend = await subject.make(subject.sizes);
  let lost = false;
  void backend.lost.then(() => (lost = true));
  await new PlanDriver(backend).step([{ sequence: new PlanDriver(backend).start([0]) }]);
  await backend.dispose();
  await backend.dispose();
  const tables = backend.info.groups.map(() => [1]);
  const plan = makePlan(0, backend.info.blockSize, [{ slot: 0, tokenIds: [0], position: 0, tables, sampled: [0] }]);
  const uses = [
    backend.execute(plan),
    backend.readBlocks([1]),
    backend.writeBlocks([1], new Uint8Array(backend.info.bytesPerBlock)),
  ];
  for (const [i, use] of (await Promise.allSettled(uses)).entries()) {
    const name = ["execute", "readBlocks", "writeBlocks"][i];
    assert(
      use.status === "rejected" && use.reason instanceof DisposedError,
      () => `${name} after dispose() did not reject with DisposedError`,
    );
  }
  assert(!lost, "dispose() resolved `lost`");
}

async function saysWhatItIs(subject: Subject): Promise<void> {
  await withBackend(subject, async ({ info }) => {
    for (const name of ["blockCount", "blockSize", "maxTokens", "maxRequests"] as const) {
      assert(
        info[name] === subject.sizes[name],
        () => `info.${name} is ${info[name]}, asked for ${subject.sizes[name]}`,
      );
    }
    for (const name of ["contextLength", "vocabSize", "bytesPerBlock"] as const) {
      assert(Number.isInteger(info[name]) && info[name] > 0, () => `info.${name} is ${info[name]}`);
    }
    assert(info.groups.length > 0, "info.groups is empty");
  });
}

/** What `execute`, its promise and `dispose` owe their caller. */
export const orderCases: readonly BackendCase[] = [
  { name: "info has the sizes asked for", run: saysWhatItIs },
  { name: "samples can be fed back on the device", run: feedsSamplesBack },
  { name: "steps resolve in order", run: resolvesInOrder },
  { name: "columns are read before execute returns", run: readsColumnsAtOnce },
  { name: "moves are read before execute returns", run: readsMovesAtOnce },
  { name: "a result stays until the second next step", run: resultsStayForAStep },
  { name: "a failed step takes the one behind it along, and no more", run: rejectsWhatIsBehind },
  { name: "a slot passes to another request behind a step in flight", run: reusesSlots },
  { name: "dispose ends it, twice and quietly", run: endsWithDispose },
];
