import { blocksOf, type BlockCounts } from "../allocator.ts";
import type { BlockPair } from "../../make-plan.ts";
import { heldBlocks, type Law, type Moment, type Snapshot } from "../moment.ts";

function sumIsWrong(name: string, { free, cached, held }: BlockCounts, total: number): string | null {
  const areCounts = [free, cached, held].every((count) => Number.isInteger(count) && count >= 0);
  if (areCounts && free + cached + held === total) return null;
  return `${name}: ${free} free + ${cached} cached + ${held} held is not ${total}`;
}

/** Nothing leaks and nothing is there twice. */
const conservation: Law = {
  name: "free, cached and held blocks add up to the pool",
  needs: [],
  always: true,
  broken: ({ after, sizes }) => sumIsWrong("blocks", after.counts, sizes.blockCount),
};

const hostConservation: Law = {
  name: "free, cached and held blocks of host memory add up",
  needs: [],
  needsMethod: "hostStats",
  always: true,
  broken: ({ after, sizes }) => sumIsWrong("host blocks", after.host!, sizes.hostBlockCount),
};

/** While a step is on its way more may be held: what it reads, and equal blocks that wait for their fate. */
const heldAreInTables: Law = {
  name: "the tables name exactly the held blocks",
  needs: [],
  broken({ after, model, capabilities }) {
    const inTables = heldBlocks(after.tables).size;
    const { held } = after.counts;
    const exact = (capabilities.exact === true || capabilities.exactTables === true) && model.isQuiet;
    return held < inTables || (exact && held > inTables) ? `${held} blocks are held, ${inTables} are in tables` : null;
  },
};

const hostHeldAreSwapped: Law = {
  name: "exactly the swapped-out sequences hold host memory",
  needs: ["swap", "exactTables"],
  needsMethod: "hostStats",
  broken({ after, model, sizes }) {
    if (!model.isQuiet) return null;
    const most = [...model.sequences.values()].reduce(
      (sum, { swapped, tokens }) =>
        sum + (swapped ? sizes.windows.length * blocksOf(tokens.length, sizes.blockSize) : 0),
      0,
    );
    const { held } = after.host!;
    if (held > most) return `${held} host blocks are held, the sequences that were swapped out have ${most}`;
    const windowed = sizes.windows.some((window) => window !== null);
    return most > 0 && held === 0 && !windowed ? "no host block is held, although a sequence was swapped out" : null;
  },
};

const freeGivesBack: Law = {
  name: "free releases exactly the blocks that no other sequence holds",
  needs: ["exactTables"],
  broken({ command, before, after, model }) {
    if (command.kind !== "free" || !model.isQuiet) return null;
    const others = heldBlocks(after.tables);
    const own = (before.tables.get(command.sequence) ?? [])
      .flat()
      .filter((block) => block >= 0 && !others.has(block)).length;
    const given = before.counts.held - after.counts.held;
    return given === own
      ? null
      : `sequence ${command.sequence} was the only one to hold ${own} blocks, ${given} came back`;
  },
};

const nothingLeft: Law = {
  name: "nothing is held where there is no sequence",
  needs: [],
  broken({ after, model }) {
    if (model.sequences.size > 0 || !model.isQuiet) return null;
    const held = after.counts.held + (after.host?.held ?? 0);
    return held === 0 ? null : `${held} blocks are held by nobody`;
  },
};

const othersKeepTables: Law = {
  name: "no sequence loses blocks to an allocation of another",
  needs: [],
  broken({ command, answer, before, after }) {
    if (command.kind !== "allocate" && command.kind !== "append" && command.kind !== "swapIn") return null;
    const copies = answer?.copies ?? [];
    for (const [sequence, tables] of before.tables) {
      if (sequence !== command.sequence && !isMoved(tables, after.tables.get(sequence), copies)) {
        return `${command.kind} of sequence ${command.sequence} changed the table of sequence ${sequence}`;
      }
    }
    return null;
  },
};

const refusalChangesNothing: Law = {
  name: "a refusal changes nothing",
  needs: [],
  broken({ answer, before, after }) {
    if (answer !== null) return null;
    if (!sameCounts(before.counts, after.counts)) {
      return `${counted(before)} became ${counted(after)}, although there was no room`;
    }
    for (const [sequence, tables] of before.tables) {
      if (!sameTables(tables, after.tables.get(sequence))) {
        return `the table of sequence ${sequence} changed, although there was no room`;
      }
    }
    return null;
  },
};

const fitsMeansGranted: Law = {
  name: "what fits is not refused",
  needs: ["paged"],
  broken(moment) {
    const { answer, command, before } = moment;
    if (answer !== null) return null;
    const needed = blocksNeeded(moment);
    const available = before.counts.free + before.counts.cached;
    if (needed !== null && needed <= available) {
      return `${command.kind} was refused with ${available} blocks to be had, ${needed} are enough`;
    }
    if (command.kind !== "swapOut" || before.host === null) return null;
    const [blocks, room] = [
      (before.tables.get(command.sequence) ?? []).flat().length,
      before.host.free + before.host.cached,
    ];
    return blocks <= room ? `swapOut of ${blocks} blocks was refused with ${room} host blocks to be had` : null;
  },
};

/** Blocks that are enough for the command, whatever is cached; null for commands that need none. */
function blocksNeeded({ command, before, model, sizes }: Moment): number | null {
  const blocks = (tokens: number): number => sizes.windows.length * blocksOf(tokens, sizes.blockSize);
  if (command.kind === "allocate") return blocks(command.tokens.length);
  if (command.kind === "swapIn") return blocks(model.get(command.sequence).tokens.length);
  if (command.kind !== "append") return null;
  const length = model.get(command.sequence).tokens.length;
  // Until a step is done, the block that it copies may be kept as it was: then a sibling has to copy it too.
  const copies = model.isQuiet ? sharedLastBlocks(before, command.sequence) : sizes.windows.length;
  return blocks(length + command.tokens.length) - blocks(length) + (length % sizes.blockSize === 0 ? 0 : copies);
}

/** Last blocks that others hold too: writing to them needs a copy. */
function sharedLastBlocks({ tables }: Snapshot, sequence: number): number {
  const others = heldBlocks(new Map([...tables].filter(([other]) => other !== sequence)));
  return (tables.get(sequence) ?? []).filter((table) => others.has(table.at(-1)!)).length;
}

/** The same table, but for blocks that were copied elsewhere: an allocator may move what it has. */
function isMoved(
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[] | undefined,
  copies: readonly BlockPair[],
): boolean {
  if (after === undefined) return false;
  const isCopied = (from: number, to: number): boolean =>
    from === to || copies.some(([source, target]) => source === from && target === to);
  return before.every(
    (table, group) =>
      table.length === after[group].length && table.every((block, i) => isCopied(block, after[group][i])),
  );
}

function sameTables(a: readonly (readonly number[])[], b: readonly (readonly number[])[] | undefined): boolean {
  return (
    b !== undefined &&
    a.every((table, group) => table.length === b[group].length && table.every((block, i) => block === b[group][i]))
  );
}

function sameCounts(a: BlockCounts, b: BlockCounts): boolean {
  return a.free === b.free && a.cached === b.cached && a.held === b.held;
}

function counted({ counts }: Snapshot): string {
  return `${counts.free} free, ${counts.cached} cached, ${counts.held} held`;
}

export const countLaws: readonly Law[] = [
  conservation,
  hostConservation,
  heldAreInTables,
  hostHeldAreSwapped,
  freeGivesBack,
  nothingLeft,
  othersKeepTables,
  refusalChangesNothing,
  fitsMeansGranted,
];
