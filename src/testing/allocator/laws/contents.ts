import { firstVisible, misread } from "../device-step.ts";
import type { Law } from "../moment.ts";

/** Catches stale tables, shared writes, collisions taken for hits, and blocks that were used again too early. */
const everySlotIsRight: Law = {
  name: "every slot in sight holds its token",
  needs: [],
  broken({ after, model, memory, copies, sizes }) {
    for (const [sequence, tables] of after.tables) {
      const { tokens, names } = model.get(sequence);
      if (model.isInOpenStep(model.get(sequence))) continue;
      for (const [group, entries] of tables.entries()) {
        // A block that is about to be moved is still where it was.
        const table = entries.map((block) => copies.get(block) ?? block);
        for (let position = firstVisible(tokens.length, sizes.windows[group]); position < tokens.length; position++) {
          const fault = misread(memory, sizes, { table, group, position, name: names[position] });
          if (fault !== null) return `sequence ${sequence}: ${fault}`;
        }
      }
    }
    return null;
  },
};

const stepsReadWhatTheyNeed: Law = {
  name: "a step computes every token from its own beginning",
  needs: [],
  always: true,
  broken: ({ faults }) => faults.misreads[0] ?? null,
};

const copyOnWrite: Law = {
  name: "a shared block is copied before it is written",
  needs: [],
  always: true,
  broken: ({ faults }) => faults.sharedWrites[0] ?? null,
};

const movesInAnyOrder: Law = {
  name: "the moves of a step can be made in any order",
  needs: [],
  always: true,
  broken: ({ faults }) => faults.disorder[0] ?? null,
};

export const contentLaws: readonly Law[] = [copyOnWrite, movesInAnyOrder, stepsReadWhatTheyNeed, everySlotIsRight];
