import { assert } from "../../assert.ts";
import type { BlockPair } from "../make-plan.ts";
import { PlanDriver, type Sequence } from "../plan-driver.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { type Transcript, expectSame, poison, prompt, transcribe } from "./transcript.ts";

const DECODES = 3;

/** Moves every block of the sequence's tables to a new place: `move` gives the new id of each. Returns (old, new) pairs. */
function relocate({ tables }: Sequence, move: (block: number) => number): BlockPair[] {
  const pairs: BlockPair[] = [];
  for (const table of tables) {
    for (const [i, block] of table.entries()) {
      table[i] = move(block);
      pairs.push([block, table[i]]);
    }
  }
  return pairs;
}

/** What `tokenIds`, computed from nothing, and the tokens after them give; only the last `samples` samples. */
async function fromScratch(driver: PlanDriver, tokenIds: readonly number[], newTokens: number, samples: number): Promise<Transcript> {
  const sequence = driver.start(tokenIds);
  const [transcript] = await transcribe(driver, [sequence], { chunk: tokenIds.length, newTokens });
  driver.finish(sequence);
  return transcript.slice(-samples);
}

/** A length that ends inside its last block, so that a copy shares a half-filled one. */
function raggedLength({ sizes }: Subject): number {
  return 2 * sizes.blockSize + Math.ceil(sizes.blockSize / 2);
}

/** A fork takes copies of all blocks; in the same step both go on with different tokens. */
async function copiesFork(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const parent = driver.start(prompt(backend, raggedLength(subject), 1));
    await driver.step([{ sequence: parent }]);
    const fork = driver.start([...parent.tokenIds.slice(0, -1), ...prompt(backend, 2, 2)]);
    fork.computedCount = parent.computedCount;
    for (const [g, table] of parent.tables.entries()) fork.tables[g].push(...table);
    const copies = relocate(fork, () => driver.takeBlock());
    const known = [parent.tokenIds.slice(), fork.tokenIds.slice()];
    const first = await driver.step([{ sequence: parent, sample: "all" }, { sequence: fork, sample: "all" }], { copies });
    const rest = await transcribe(driver, [parent, fork], { chunk: 1, newTokens: DECODES - 1 });
    for (const [i, sequence] of [parent, fork].entries()) {
      const actual = [...first.filter((sample) => sample.sequence === sequence), ...rest[i]];
      expectSame(actual, await fromScratch(driver, known[i], DECODES, actual.length), i === 0 ? "the copied sequence" : "the copy");
    }
  });
}

/** A second request reads full blocks that the first writes: in an earlier step, and in the very same one. */
async function sharedPrefix(subject: Subject): Promise<void> {
  const prefix = 2 * subject.sizes.blockSize;
  await withBackend(subject, async (backend) => {
    for (const same of [false, true]) {
      const driver = new PlanDriver(backend);
      const owner = driver.start(prompt(backend, prefix + 1, 1));
      const sharer = driver.start([...owner.tokenIds.slice(0, prefix), ...prompt(backend, 3, 2)]);
      if (!same) await driver.step([{ sequence: owner }]);
      sharer.computedCount = prefix;
      const placed = same ? owner.tables.map(() => [driver.takeBlock(), driver.takeBlock()]) : owner.tables.map((table) => table.slice(0, 2));
      for (const [g, blocks] of placed.entries()) {
        sharer.tables[g].push(...blocks);
        if (same) owner.tables[g].push(...blocks);
      }
      const samples = await driver.step([...(same ? [{ sequence: owner }] : []), { sequence: sharer, sample: "all" }]);
      const actual = samples.filter((sample) => sample.sequence === sharer);
      const expected = await fromScratch(driver, sharer.tokenIds.slice(0, -1), 1, actual.length);
      expectSame(actual, expected, same ? "a prefix shared within a step" : "a prefix shared with an earlier step");
    }
  });
}

/** A sequence goes to the host while another one is written to its blocks in the same step, and comes back elsewhere. */
async function swapRoundTrip(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    if (backend.info.hostBlockCount === 0) return;
    const driver = new PlanDriver(backend);
    const swapped = driver.start(prompt(backend, raggedLength(subject), 1));
    await driver.step([{ sequence: swapped }]);
    let hostBlock = backend.info.hostBlockCount;
    const swapOuts = relocate(swapped, () => hostBlock--);
    driver.free.unshift(...swapOuts.map(([device]) => device));
    const other = driver.start(prompt(backend, raggedLength(subject), 2));
    await driver.step([{ sequence: other }], { swapOuts });
    const known = swapped.tokenIds.slice();
    const swapIns = relocate(swapped, () => driver.takeBlock());
    const first = await driver.step([{ sequence: swapped, sample: "all" }], { swapIns });
    const [rest] = await transcribe(driver, [swapped], { chunk: 1, newTokens: DECODES - 1 });
    const actual = [...first, ...rest];
    expectSame(actual, await fromScratch(driver, known, DECODES, actual.length), "a sequence that was on the host");
  });
}

/** Two sequences change places between the tiers in one step: out comes before in. */
async function swapExchange(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    if (backend.info.hostBlockCount === 0) return;
    const driver = new PlanDriver(backend);
    const sequences = [1, 2].map((seed) => driver.start(prompt(backend, raggedLength(subject), seed)));
    const [first, second] = sequences;
    let hostBlock = 1;
    await driver.step([{ sequence: first }]);
    const firstOut = relocate(first, () => hostBlock++);
    await driver.step([{ sequence: second }], { swapOuts: firstOut });
    const secondOut = relocate(second, () => hostBlock++);
    const known = first.tokenIds.slice();
    const freed = secondOut.map(([device]) => device);
    const firstIn = relocate(first, () => freed.shift() ?? driver.takeBlock());
    const samples = await driver.step([{ sequence: first, sample: "all" }], { swapOuts: secondOut, swapIns: firstIn });
    expectSame(samples, await fromScratch(driver, known, 1, samples.length), "a sequence swapped in over one swapped out");
    const secondKnown = second.tokenIds.slice();
    const secondIn = relocate(second, () => driver.takeBlock());
    const back = await driver.step([{ sequence: second, sample: "all" }], { swapIns: secondIn });
    expectSame(back, await fromScratch(driver, secondKnown, 1, back.length), "the sequence swapped out for another");
  });
}

/** Blocks are read, lost, and written to other places, and into another backend of the same kind and model. */
async function readWriteRoundTrip(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequence = driver.start(prompt(backend, raggedLength(subject), 1));
    await driver.step([{ sequence }]);
    const known = sequence.tokenIds.slice();
    const blocks = sequence.tables.flat();
    const tableLengths = sequence.tables.map((table) => table.length);
    const bytes = await backend.readBlocks(blocks);
    const expected = await fromScratch(driver, known, DECODES, DECODES);
    await backend.writeBlocks(blocks, poison(backend, blocks.length));
    const moved = relocate(sequence, () => driver.takeBlock()).map(([, target]) => target);
    await backend.writeBlocks(moved, bytes);
    const [actual] = await transcribe(driver, [sequence], { chunk: 1, newTokens: DECODES });
    expectSame(actual, expected, "a sequence whose blocks were read and written elsewhere");
    await withBackend(subject, async (other) => {
      const far = new PlanDriver(other);
      const migrated = far.start(known);
      migrated.computedCount = known.length - 1;
      for (const [g, table] of migrated.tables.entries()) while (table.length < tableLengths[g]) table.push(far.takeBlock());
      await other.writeBlocks(migrated.tables.flat(), bytes);
      const [continued] = await transcribe(far, [migrated], { chunk: 1, newTokens: DECODES });
      expectSame(continued, expected, "a sequence that moved to another backend");
    });
  });
}

/** Bytes come back as they went in, block by block in the order asked. */
async function bytesAreOpaque(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const size = backend.info.bytesPerBlock;
    const bytes = Uint8Array.from({ length: 2 * size }, (_, i) => (i * 31 + Math.floor(i / 251)) & 0xff);
    await backend.writeBlocks([3, 1], bytes);
    const swapped = new Uint8Array([...bytes.subarray(size), ...bytes.subarray(0, size)]);
    const read = await backend.readBlocks([1, 3]);
    const wrong = swapped.findIndex((byte, i) => byte !== read[i]);
    assert(read.length === 2 * size && wrong < 0, () => `byte ${wrong} of ${read.length} is not what was written`);
  });
}

/** A read behind a step, writes before and behind another, none of them awaited before the next. */
async function keepsPlaceAmongSteps(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const sequence = driver.start(prompt(backend, raggedLength(subject), 1));
    const prefill = driver.issue([{ sequence }]).done;
    const blocks = sequence.tables.flat();
    const [bytes] = await Promise.all([backend.readBlocks(blocks), prefill]);
    const known = sequence.tokenIds.slice();
    await backend.writeBlocks(blocks, poison(backend, blocks.length));
    const restored = backend.writeBlocks(blocks, bytes);
    const decode = driver.issue([{ sequence }]).done;
    const lost = backend.writeBlocks(blocks, poison(backend, blocks.length));
    const [{ samples }] = await Promise.all([decode, restored, lost]);
    expectSame(samples, await fromScratch(driver, known, 1, 1), "a step between reads and writes of its blocks");
  });
}

/** Blocks can be shared, copied, swapped, read and written. */
export const blockCases: readonly BackendCase[] = [
  { name: "copies come before the step's own tokens", run: copiesFork },
  { name: "full blocks can be shared, even within a step", run: sharedPrefix },
  { name: "swapped blocks come back as they were", run: swapRoundTrip },
  { name: "swapping out comes before swapping in", run: swapExchange },
  { name: "blocks read can be written elsewhere", run: readWriteRoundTrip },
  { name: "reads and writes of blocks keep their place among steps", run: keepsPlaceAmongSteps },
  { name: "readBlocks gives the bytes that writeBlocks took", run: bytesAreOpaque },
];
