import type { Allocation } from "../allocator.ts";
import { contentOf } from "../device-step.ts";
import { heldBlocks, type Law, type Moment } from "../moment.ts";

function shown(tokens: readonly number[]): string {
  return JSON.stringify(tokens);
}

const neverTooMuch: Law = {
  name: "a lookup finds no more than the longest common beginning",
  needs: ["prefixCache"],
  always: true,
  broken({ lookup }) {
    if (lookup === null || lookup.found <= lookup.mostAnywhere) return null;
    const { found, mostMissed, mostAnywhere } = lookup;
    const finds = `the lookup of ${shown(lookup.tokens)} finds ${found} tokens`;
    if (found <= mostMissed) {
      return `${finds} that an earlier lookup did not find: that one was too short, or an evicted block is found`;
    }
    return `${finds}, the longest beginning that was computed has ${mostAnywhere}`;
  },
};

const domainsAreApart: Law = {
  name: "domains share nothing",
  needs: ["prefixCache"],
  always: true,
  broken: ({ lookup }) =>
    lookup === null || lookup.found <= Math.max(lookup.most, lookup.mostMissed)
      ? null
      : `the lookup of ${shown(lookup.tokens)} finds ${lookup.found} tokens, its salt and adapter have ${lookup.most}`,
};

const findsAll: Law = {
  name: "a lookup finds all that cannot have been evicted",
  needs: ["prefixCache"],
  always: true,
  unless: "coarseCache",
  broken: ({ lookup }) =>
    lookup === null || lookup.found >= lookup.least
      ? null
      : `the lookup of ${shown(lookup.tokens)} finds ${lookup.found} tokens, ${lookup.least} are there`,
};

const lastTokenIsComputed: Law = {
  name: "the last token is always computed",
  needs: ["prefixCache"],
  always: true,
  broken({ command, lookup, answer }) {
    if (lookup === null) return null;
    const taken = command.kind === "allocate" ? ((answer as Allocation | null)?.cachedTokens ?? 0) : 0;
    const cached = Math.max(lookup.found, taken);
    return cached < Math.max(1, lookup.tokens.length)
      ? null
      : `all ${cached} tokens were taken from the cache, nothing is left to compute the next token's logits`;
  },
};

/** A partial hit may be left out, as it needs a block for a time. */
const takesWhatItFinds: Law = {
  name: "allocate takes the whole blocks that a lookup finds, and no more than it finds",
  needs: ["prefixCache"],
  always: true,
  broken({ command, lookup, answer, sizes }) {
    if (command.kind !== "allocate" || answer === null || lookup === null) return null;
    const { cachedTokens } = answer as Allocation;
    const { found } = lookup;
    const whole = found - (found % sizes.blockSize);
    return cachedTokens >= whole && cachedTokens <= found
      ? null
      : `the lookup finds ${found} tokens, allocate takes ${cachedTokens}`;
  },
};

const evictsForWantOfBlocks: Law = {
  name: "cached blocks are given up only for want of free ones",
  needs: ["prefixCache", "exact"],
  unless: "evictsNodes",
  broken({ forgotten, pressed, everPressed, sizes }) {
    if (forgotten.length === 0 || pressed || (everPressed && sizes.hostBlockCount > 0)) return null;
    return `${shown(forgotten[0].tokens)} is not found any more, although there are free blocks`;
  },
};

/**
 * Else a parent was given up before its child: the child keeps a block that no lookup can find. Says nothing about
 * windows, whose blocks need no parents, and several groups, of which one may have lost the block that another still
 * has.
 */
const cachedCanBeFound: Law = {
  name: "every cached block can be found: children are given up before parents, a chain's tail before its head",
  needs: ["prefixCache"],
  unless: "coarseCache",
  broken(moment) {
    const { after, model, sizes } = moment;
    if (!model.isQuiet || sizes.windows.length > 1 || sizes.windows[0] !== null) return null;
    const findable = countFindable(moment);
    return after.counts.cached <= findable
      ? null
      : `${after.counts.cached} blocks are cached, ${findable} of those that nobody holds have contents that ` +
          "a lookup finds";
  },
};

/** Blocks in no table that hold a whole block that a lookup finds. */
function countFindable({ after, model, memory, sizes }: Moment): number {
  const held = heldBlocks(after.tables);
  const findable = new Set(
    [...model.known.byName.values()].filter(({ promised }) => promised).map(({ name }) => contentOf(name, 0, sizes)),
  );
  let count = 0;
  for (let block = 0; block <= sizes.blockCount; block++) {
    if (!held.has(block) && findable.has(memory.read(block, sizes.blockSize - 1))) count++;
  }
  return count;
}

const resetForgets: Law = {
  name: "a reset forgets all that is cached",
  needs: ["prefixCache", "reset"],
  broken: ({ command, after }) =>
    command.kind !== "reset" || after.counts.cached === 0
      ? null
      : `${after.counts.cached} blocks are cached after a reset`,
};

export const prefixLaws: readonly Law[] = [
  neverTooMuch,
  domainsAreApart,
  findsAll,
  lastTokenIsComputed,
  takesWhatItFinds,
  evictsForWantOfBlocks,
  cachedCanBeFound,
  resetForgets,
];
