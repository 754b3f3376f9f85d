import { assert } from "../../assert.ts";
import { PlanDriver } from "../plan-driver.ts";
import { poisonBytes } from "../poison.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { raggedLength, relocate } from "./moves.ts";
import { expectSame, fromScratch, prompt, transcribe } from "./transcript.ts";

const DECODES = 3;

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
      const placed = same
        ? owner.tables.map(() => [driver.takeBlock(), driver.takeBlock()])
        : owner.tables.map((table) => table.slice(0, 2));
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
    await backend.writeBlocks(blocks, poisonBytes(backend.info, blocks.length));
    const moved = relocate(sequence, () => driver.takeBlock()).map(([, target]) => target);
    await backend.writeBlocks(moved, bytes);
    const [actual] = await transcribe(driver, [sequence], { chunk: 1, newTokens: DECODES });
    expectSame(actual, expected, "a sequence whose blocks were read and written elsewhere");
    await withBackend(subject, async (other) => {
      const far = new PlanDriver(other);
      const migrated = far.start(known);
      migrated.computedCount = known.length - 1;
      for (const [g, table] of migrated.tables.entries()) {
        while (table.length < tableLengths[g]) table.push(far.takeBlock());
      }
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
    for (const [blocks, expected] of [
      [[3, 1], bytes],
      [[1, 3], swapped],
    ] as const) {
      const read = await backend.readBlocks(blocks);
      const wrong = expected.findIndex((byte, i) => byte !== read[i]);
      assert(read.length === 2 * size && wrong < 0, () => `byte ${wrong} of ${read.length} is not what was written`);
    }
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
    await backend.writeBlocks(blocks, poisonBytes(backend.info, blocks.length));
    const restored = backend.writeBlocks(blocks, bytes);
    const decode = driver.issue([{ sequence }]).done;
    const lost = backend.writeBlocks(blocks, poisonBytes(backend.info, blocks.length));
    const [{ samples }] = await Promise.all([decode, restored, lost]);
    expectSame(samples, await fromScratch(driver, known, 1, 1), "a step between reads and writes of its blocks");
  });
}

/** Blocks can be shared, read and written. */
export const blockCases: readonly BackendCase[] = [
  { name: "full blocks can be shared, even within a step", run: sharedPrefix },
  { name: "blocks read can be written elsewhere", run: readWriteRoundTrip },
  { name: "reads and writes of blocks keep their place among steps", run: keepsPlaceAmongSteps },
  { name: "readBlocks gives the bytes that writeBlocks took", run: bytesAreOpaque },
];
