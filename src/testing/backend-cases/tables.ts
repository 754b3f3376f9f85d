import type { BackendInfo } from "../../backends/backend.ts";
import { PlanDriver } from "../plan-driver.ts";
import { poisonBytes } from "../poison.ts";
import { type BackendCase, type Subject, withBackend } from "./backend-case.ts";
import { raggedLength, relocate } from "./moves.ts";
import { expectSame, fromScratch, prompt, transcribe } from "./transcript.ts";

/** Tokens of a row while windows slide: an odd few, so that rings are short and windows end inside blocks. */
const ROW_TOKENS = 5;
/** Tokens sampled behind a prompt. */
const NEW_TOKENS = 7;
/** Longer contexts only repeat what these cases show. */
const LONGEST_CONTEXT = 256;

/** So long that every window of the model slides and its ring comes round, where the context allows. */
function slidingLength({ groups, blockSize, contextLength }: BackendInfo): number {
  const windows = groups.flatMap(({ window }) => (window === null ? [] : [window]));
  const round = Math.max(...windows) + 2 * ROW_TOKENS + 4 * blockSize;
  return Math.min(round, contextLength, LONGEST_CONTEXT) - NEW_TOKENS;
}

/**
 * Windows slide: tables are rings, blocks before the window are filled with NaN and are soon another sequence's. A
 * second sequence begins later, so that rows of one step begin at different blocks.
 */
async function slides(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    if (backend.info.groups.every(({ window }) => window === null)) return;
    const length = slidingLength(backend.info);
    const lengths = [length, Math.ceil(length / 2), 3];
    const all = Array.from({ length: backend.info.blockCount }, (_, i) => i + 1);
    await backend.writeBlocks(all, poisonBytes(backend.info, all.length));
    const driver = new PlanDriver(backend, { rowTokens: ROW_TOKENS });
    const sequences = lengths.map((count, seed) => driver.start(prompt(backend, count, seed)));
    const pace = { chunk: ROW_TOKENS, newTokens: NEW_TOKENS };
    const transcripts = await transcribe(driver, sequences, pace);
    const still = new PlanDriver(backend);
    for (const [seed, count] of lengths.entries()) {
      const sequence = still.start(prompt(backend, count, seed));
      const [expected] = await transcribe(still, [sequence], pace);
      still.finish(sequence);
      expectSame(transcripts[seed], expected, `a prompt of ${count} whose windows slid, and one that kept its blocks`);
    }
  });
}

/** A sequence's blocks are copied elsewhere by a step that it has no row in; the next plan tells nothing of them. */
async function movesWhileItWaits(subject: Subject): Promise<void> {
  await withBackend(subject, async (backend) => {
    const driver = new PlanDriver(backend);
    const [waiting, other] = [1, 2].map((seed) => driver.start(prompt(backend, raggedLength(subject), seed)));
    for (const sequence of [waiting, other]) await driver.step([{ sequence }]);
    const known = waiting.tokenIds.slice();
    const copies = relocate(waiting, () => driver.takeBlock());
    await driver.step([{ sequence: other }], { copies });
    const left = copies.map(([block]) => block);
    await backend.writeBlocks(left, poisonBytes(backend.info, left.length));
    const samples = await driver.step([{ sequence: waiting, sample: "all" }]);
    const expected = await fromScratch(driver, known, 1, samples.length);
    expectSame(samples, expected, "a sequence whose blocks moved while it had no row");
  });
}

/** Block tables are read as the plan tells them. */
export const tableCases: readonly BackendCase[] = [
  { name: "a table begins where its window does", run: slides },
  { name: "tables of slots without a row are told, too", run: movesWhileItWaits },
];
