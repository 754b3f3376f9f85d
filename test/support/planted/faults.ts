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
    bug: "salts are lower-cased in the domain",
    file: "blocks/domains.ts",
    find: "const key = `${adapterId}:${salt}`;",
    put: "const key = `${adapterId}:${salt.toLowerCase()}`;",
  },
  {
    bug: "adapter ids are cut to 8 bits in the domain",
    file: "blocks/domains.ts",
    find: "const key = `${adapterId}:${salt}`;",
    put: "const key = `${adapterId & 255}:${salt}`;",
  },
  {
    bug: "adapter and salt are joined in the domain without a separator",
    file: "blocks/domains.ts",
    find: "const key = `${adapterId}:${salt}`;",
    put: "const key = `${adapterId}${salt}`;",
  },
  {
    bug: "a rollback leaves the tables with the plan's copies",
    file: "blocks/transaction.ts",
    find: "this.#prefixes.release(stays ? target : source);\n    if (stays) this.#tables.takeBack(slot, group, index, source);",
    put: "this.#prefixes.release(source);",
  },
  {
    bug: "tables are not told anew after a rollback",
    file: "scheduler/rollback.ts",
    find: "parts.kv.tables.tellAll();",
    put: "",
  },
  {
    bug: "a partial match may copy what the same step computes",
    file: "blocks/prefix-match.ts",
    find: "if (block === NULL_BLOCK || journal.computes(block)) return false;",
    put: "if (block === NULL_BLOCK) return false;",
  },
  {
    bug: "a branch does not take the adoptions of steps in flight",
    file: "blocks/block-tables.ts",
    find: "if (adoption.index < count) this.noteAdoption({ ...adoption, slot: to });",
    put: "",
  },
  {
    bug: "a choice that begins beside another counts one block too many as indexed",
    file: "blocks/block-tables.ts",
    find: "this.setIndexed(to, this.tails[from], this.indexed[from]);",
    put: "this.setIndexed(to, this.tails[from], this.indexed[from] + 1);",
  },
  {
    bug: "two requests get the same slot",
    file: "scheduler/slots.ts",
    find: "this.free.push(slot);",
    put: "this.free.push(slot, slot);",
  },
  {
    bug: "a finished request frees its first block twice",
    file: "blocks/block-tables.ts",
    find: "      tables.first[slot] = 0;\n      tables.forgetChanges(slot);",
    put: "      if (this.counts[slot] > tables.first[slot]) this.#prefixes.release(tables.get(slot, tables.first[slot]));\n      tables.first[slot] = 0;\n      tables.forgetChanges(slot);",
  },
  {
    bug: "the newest step is committed first",
    file: "engine/engine.ts",
    find: "this.#inFlight.shift()",
    put: "this.#inFlight.pop()",
  },
  {
    bug: "the plans in flight are taken for each other at a commit",
    file: "scheduler/scheduler.ts",
    find: "const record = inFlight.oldestOf(plan);",
    put: "inFlight.oldestOf(plan);\n    const record = inFlight.newest!;",
  },
  {
    bug: "a rollback keeps what the plan indexed",
    file: "blocks/transaction.ts",
    find: "if (this.#pool.labels[block] === journal.indexed.items[i + 1]) this.#prefixes.drop(block);",
    put: "",
  },
  {
    bug: "a window gives its blocks back one token early",
    file: "blocks/block-tables.ts",
    find: "Math.max(0, settled - window + 1)",
    put: "Math.max(0, settled - window + 2)",
  },
  {
    bug: "a window counts tokens of steps in flight as computed",
    file: "scheduler/commit.ts",
    find: "slots.settled[sequence.slot]);",
    put: "slots.computed[sequence.slot]);",
  },
  {
    bug: "a device swaps in before it swaps out",
    file: "testing/context-device.ts",
    find: "this.#move(plan.swapOuts, plan.swapOutCount, this.#device, this.#host);\n    this.#move(plan.swapIns, plan.swapInCount, this.#host, this.#device);",
    put: "this.#move(plan.swapIns, plan.swapInCount, this.#host, this.#device);\n    this.#move(plan.swapOuts, plan.swapOutCount, this.#device, this.#host);",
  },
  {
    bug: "a host block that a step swaps in may be swapped out to in the same step",
    file: "blocks/prefix-match.ts",
    find: "this.#cache.host.pin(group, node);",
    put: "{}",
  },
  {
    bug: "a draft is accepted unread",
    file: "scheduler/commit.ts",
    find: "accepted < drafts && tokens[tokenCount + accepted] === tokenIds[from + accepted]",
    put: "accepted < drafts",
  },
  {
    bug: "an aborted request's token is delivered",
    file: "scheduler/commit.ts",
    find: 'if (sequence.state === "finished") return;\n    if (sequence.slot >= 0)',
    put: 'if (sequence.state === "finished") {\n      this.outcome.addToken(sequence, tokenId, sample);\n      return;\n    }\n    if (sequence.slot >= 0)',
  },
  {
    bug: "the masks of two samples are swapped",
    file: "scheduler/steering-columns.ts",
    find: "    this.maskWords.set(mask, at);\n    this.maskRows",
    put: "    this.maskWords.set(mask, at);\n    if (this.#maskCount === 1) this.maskWords.set([...this.maskWords.subarray(at, 2 * at), ...this.maskWords.subarray(0, at)]);\n    this.maskRows",
  },
  {
    bug: "edits count a rejected draft",
    file: "scheduler/steering-columns.ts",
    find: "for (let i = count - 2; i >= 0; i--) steering?.undo",
    put: "for (let i = count - 2; i > 0; i--) steering?.undo",
  },
];
