/** A bug planted into a copy of src by replacing one piece of text. */
export interface PlantedFault {
  /** What the copy does wrong. */
  readonly bug: string;
  /** Path below src. */
  readonly file: string;
  /** Text that the file has exactly once; a planting fails where it is gone. */
  readonly find: string;
  readonly put: string;
}

/** Bugs that fault injection has to find. Where the code has moved on, give the entry its new `find` and `put`. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    bug: "the adapter is dropped from the domain",
    file: "blocks/domains.ts",
    find: "const key = `${adapterId}:${salt}`;",
    put: "const key = `0:${salt}`;",
  },
  {
    bug: "the salt is dropped from the domain",
    file: "blocks/domains.ts",
    find: "const key = `${adapterId}:${salt}`;",
    put: "const key = `${adapterId}:`;",
  },
  {
    bug: "a choice that begins beside another does not take its pending adoptions along",
    file: "blocks/kv-cache.ts",
    find: "sibling.setIndexed(sequence.indexedBlocks);",
    put: "sibling.setIndexed(sequence.indexedBlocks + 1);",
  },
  {
    bug: "two requests get the same slot",
    file: "scheduler/seats.ts",
    find: "this.#freeSlots.push(entry.slot);",
    put: "this.#freeSlots.push(entry.slot, entry.slot);",
  },
  {
    bug: "a finished request frees its first block twice",
    file: "blocks/kv-cache.ts",
    find: "while (table.count > table.first) this.prefixes.release(table.pop());\n      table.first = 0;",
    put: "const last = table.ids[table.first];\n      while (table.count > table.first) this.prefixes.release(table.pop());\n      if (last > 0) this.prefixes.release(last);\n      table.first = 0;",
  },
  {
    bug: "the newest step is committed first",
    file: "engine/engine.ts",
    find: "this.#inFlight.shift()",
    put: "this.#inFlight.pop()",
  },
  {
    bug: "the plans in flight are taken for each other at a commit",
    file: "scheduler/plans-in-flight.ts",
    find: "this.count--;\n    return this.#recordOf(oldest);",
    put: "this.count--;\n    return this.#recordOf(this.#nextIndex - 1);",
  },
  {
    bug: "a rollback keeps what the plan indexed",
    file: "blocks/indexer.ts",
    find: "if (this.#pool.labelOf(block) === journal.indexed.at(i + 1)) this.#prefixes.drop(block);",
    put: "",
  },
  {
    bug: "a window gives its blocks back one token early",
    file: "blocks/sliding.ts",
    find: "Math.max(0, computed - window + 1)",
    put: "Math.max(0, computed - window + 2)",
  },
  {
    bug: "a window counts tokens of steps in flight as computed",
    file: "scheduler/residents.ts",
    find: "entry.computedTokenCount - entry.inFlightCount);\n  }",
    put: "entry.computedTokenCount);\n  }",
  },
  {
    bug: "a device swaps in before it swaps out",
    file: "testing/context-device.ts",
    find: "this.#move(plan.swapOuts, plan.swapOutCount, this.#device, this.#host);\n    this.#move(plan.swapIns, plan.swapInCount, this.#host, this.#device);",
    put: "this.#move(plan.swapIns, plan.swapInCount, this.#host, this.#device);\n    this.#move(plan.swapOuts, plan.swapOutCount, this.#device, this.#host);",
  },
  {
    bug: "a host block that a step swaps in may be swapped out to in the same step",
    file: "blocks/attacher.ts",
    find: "this.#prefixes.host.pin(group, node);",
    put: "{}",
  },
  {
    bug: "a draft is accepted unread",
    file: "scheduler/settlement.ts",
    find: "accepted < drafts && entry.tokens[entry.tokenCount + accepted] === result.tokenIds[from + accepted]",
    put: "accepted < drafts",
  },
  {
    bug: "an aborted request's token is delivered",
    file: "scheduler/settlement.ts",
    find: "if (entry.state === \"finished\") return;\n    entry.pendingCount--;\n    entry.append(tokenId);\n    this.#announce(entry, tokenId, sample, now);",
    put: "entry.pendingCount--;\n    entry.append(tokenId);\n    this.outcome.addToken(entry, tokenId, sample);",
  },
];
