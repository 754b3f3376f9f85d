import type { BlockPair } from "../make-plan.ts";
import { PlanDriver, type Sequence } from "../plan-driver.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { expectSame, fromScratch, prompt, transcribe } from "./transcript.ts";

const DECODES = 3;

/**
 * Moves every block of the sequence's tables to a new place: `move` gives the new id of each. Returns (old, new) pairs.
 */
export function relocate({ tables }: Sequence, move: (block: number) => number): BlockPair[] {
  const pairs: BlockPair[] = [];
  for (const table of tables) {
    for (const [i, block] of table.entries()) {
      table[i] = move(block);
      pairs.push([block, table[i]]);
    }
  }
  return pairs;
}

/** A length that ends inside its last block, so that a copy shares a half-filled one. */
export function raggedLength({ sizes }: Subject): number {
  return 2 * sizes.blockSize + Math.ceil(sizes.blockSize / 2);
}

/** A sequence with the parent's tokens, blocks and computed count. */
export function forkOf(driver: PlanDriver, parent: Sequence, tokenIds: readonly number[] = parent.tokenIds): Sequence {
  const fork = driver.start(tokenIds);
  fork.computedCount = parent.computedCount;
  for (const [g, table] of parent.tables.entries()) fork.tables[g].push(...table);
  return fork;
}

/** A fork takes copies of all blocks; in the same step both go on with different tokens. */
async function copiesFork(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const parent = driver.start(prompt(backend, raggedLength(subject), 1));
    await driver.step([{ sequence: parent }]);
    const fork = forkOf(driver, parent, [...parent.tokenIds.slice(0, -1), ...prompt(backend, 2, 2)]);
    const copies = relocate(fork, () => driver.takeBlock());
    const known = [parent.tokenIds.slice(), fork.tokenIds.slice()];
    const first = await driver.step(
      [
        { sequence: parent, sample: "all" },
        { sequence: fork, sample: "all" },
      ],
      { copies },
    );
    const rest = await transcribe(driver, [parent, fork], { chunk: 1, newTokens: DECODES - 1 });
    for (const [i, sequence] of [parent, fork].entries()) {
      const actual = [...first.filter((sample) => sample.sequence === sequence), ...rest[i]];
      expectSame(
        actual,
        await fromScratch(driver, known[i], DECODES, actual.length),
        i === 0 ? "the copied sequence" : "the copy",
      );
    }
  });
}

/**
 * A sequence goes to the host while another one is written to its blocks in the same step, and comes back elsewhere.
 */
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
    expectSame(
      samples,
      await fromScratch(driver, known, 1, samples.length),
      "a sequence swapped in over one swapped out",
    );
    const secondKnown = second.tokenIds.slice();
    const secondIn = relocate(second, () => driver.takeBlock());
    const back = await driver.step([{ sequence: second, sample: "all" }], { swapIns: secondIn });
    expectSame(back, await fromScratch(driver, secondKnown, 1, back.length), "the sequence swapped out for another");
  });
}

/** A fork copies the blocks of a sequence that comes back from the host in the same step. */
async function copiesSwappedIn(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    if (backend.info.hostBlockCount === 0) return;
    const driver = new PlanDriver(backend);
    const parent = driver.start(prompt(backend, raggedLength(subject), 1));
    await driver.step([{ sequence: parent }]);
    const known = parent.tokenIds.slice();
    let hostBlock = 1;
    const swapOuts = relocate(parent, () => hostBlock++);
    await driver.step([{ sequence: driver.start(prompt(backend, raggedLength(subject), 2)) }], { swapOuts });
    const swapIns = relocate(parent, () => driver.takeBlock());
    const fork = forkOf(driver, parent);
    const copies = relocate(fork, () => driver.takeBlock());
    const [, sample] = await driver.step([{ sequence: parent }, { sequence: fork }], { swapIns, copies });
    expectSame(
      [sample],
      await fromScratch(driver, known, 1, 1),
      "a copy of blocks that were swapped in by the same step",
    );
  });
}

/** Blocks can be copied and swapped, in the order of the contract. */
export const moveCases: readonly BackendCase[] = [
  { name: "copies come before the step's own tokens", run: copiesFork },
  { name: "swapped blocks come back as they were", run: swapRoundTrip },
  { name: "swapping out comes before swapping in", run: swapExchange },
  { name: "swapping in comes before copies", run: copiesSwappedIn },
];
