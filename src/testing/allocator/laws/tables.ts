import { blocksOf } from "../allocator.ts";
import { firstVisible, isBlock } from "../device-step.ts";
import type { Law, Moment } from "../moment.ts";

interface Entry {
  readonly sequence: number;
  readonly group: number;
  readonly index: number;
  readonly block: number;
}

/** Every entry of every table that names a block, with where it stands. */
function entriesOf({ after }: Moment): Entry[] {
  return [...after.tables].flatMap(([sequence, tables]) =>
    tables.flatMap((table, group) =>
      table.map((block, index) => ({ sequence, group, index, block })).filter(({ block }) => block >= 0),
    ),
  );
}

const longEnough: Law = {
  name: "a table has a block for every token in sight",
  needs: [],
  broken({ after, model, sizes }) {
    for (const [sequence, tables] of after.tables) {
      const { length } = model.get(sequence).tokens;
      for (const [group, table] of tables.entries()) {
        const first = Math.floor(firstVisible(length, sizes.windows[group]) / sizes.blockSize);
        for (let index = first; index < blocksOf(length, sizes.blockSize); index++) {
          if (!isBlock(table[index], sizes)) {
            return (
              `sequence ${sequence} has ${length} tokens and no block ${index} in group ${group}: ` +
              JSON.stringify(table)
            );
          }
        }
      }
    }
    return null;
  },
};

const neverTooLong: Law = {
  name: "a table holds no block ahead of need",
  needs: ["exactTables"],
  broken({ after, model, sizes }) {
    for (const [sequence, tables] of after.tables) {
      const { length } = model.get(sequence).tokens;
      const table = tables.find((each) => each.length > blocksOf(length, sizes.blockSize));
      if (table !== undefined) {
        return (
          `sequence ${sequence} has ${length} tokens in blocks of ${sizes.blockSize} and ${table.length} ` +
          `blocks: ${JSON.stringify(table)}`
        );
      }
    }
    return null;
  },
};

const ownersAgree: Law = {
  name: "a block has two owners only where both begin alike up to its end",
  needs: [],
  broken(moment) {
    const owner = new Map<number, Entry>();
    for (const entry of entriesOf(moment)) {
      const other = owner.get(entry.block);
      owner.set(entry.block, entry);
      if (other !== undefined && !mayShare(other, entry, moment)) {
        return (
          `block ${entry.block} is number ${other.index} of sequence ${other.sequence} and number ` +
          `${entry.index} of sequence ${entry.sequence}, which begin differently`
        );
      }
    }
    return null;
  },
};

/** Same place, same group, and equal tokens up to the end of the block, or of the shorter one. */
function mayShare(a: Entry, b: Entry, { model, sizes }: Moment): boolean {
  if (a.sequence === b.sequence || a.group !== b.group || a.index !== b.index) return false;
  const names = [a, b].map(({ sequence }) => model.get(sequence).names);
  const end = Math.min((a.index + 1) * sizes.blockSize, names[0].length, names[1].length);
  return end > a.index * sizes.blockSize && names[0][end - 1] === names[1][end - 1];
}

/** A sequence that has been computed holds its window, the block that the window enters and nothing else. */
const windowsRelease: Law = {
  name: "blocks that left a window are given back",
  needs: ["windows", "exactTables"],
  broken({ after, model, sizes }) {
    if (!model.isQuiet) return null;
    for (const [sequence, tables] of after.tables) {
      for (const [group, window] of sizes.windows.entries()) {
        if (window === null) continue;
        const held = tables[group].filter((block) => block >= 0).length;
        const most = blocksOf(window, sizes.blockSize) + 1;
        if (held > most) {
          return `sequence ${sequence} holds ${held} blocks of a window of ${window} tokens, ${most} are enough`;
        }
      }
    }
    return null;
  },
};

export const tableLaws: readonly Law[] = [longEnough, neverTooLong, ownersAgree, windowsRelease];
