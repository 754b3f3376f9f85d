import { blocksOf } from "../allocator.ts";
import type { Law } from "../moment.ts";

const rollbackForgets: Law = {
  name: "no lookup finds what a failed step was to compute",
  needs: ["plans", "prefixCache"],
  broken({ undone, allocator, model }) {
    for (const block of undone?.blocks ?? []) {
      // A lookup leaves the last token out: one more, that nothing has, makes room for all of them.
      const found = allocator.lookup!([...block.tokens, 2 ** 31 - 1], block.domain);
      if (found >= block.tokens.length && !model.known.byName.has(block.name)) {
        return `${JSON.stringify(block.tokens)} is still found, the step that was to compute it failed`;
      }
    }
    return null;
  },
};

const rollbackGivesBack: Law = {
  name: "a failed step's blocks come back",
  needs: ["plans", "exactTables"],
  broken({ undone, after, model, sizes }) {
    const numbers = new Map([...model.sequences].map(([number, sequence]) => [sequence, number]));
    for (const { sequence } of undone?.rows ?? []) {
      const number = numbers.get(sequence);
      const tables = number === undefined ? undefined : after.tables.get(number);
      const wrong = tables?.find((table) => table.length !== blocksOf(sequence.tokens.length, sizes.blockSize));
      if (wrong !== undefined) {
        return `sequence ${number} is back at ${sequence.tokens.length} tokens, its table is ${JSON.stringify(wrong)}`;
      }
    }
    return null;
  },
};

export const rollbackLaws: readonly Law[] = [rollbackForgets, rollbackGivesBack];
