import { assert } from "../assert.ts";
import { NULL_BLOCK } from "../config.ts";
import type { BlockSupply } from "./block-supply.ts";
import type { BlockTable, Sequence } from "./block-table.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { PrefixMatch } from "./prefix-match.ts";
import type { StepJournal } from "./step-journal.ts";

/** Takes a cached beginning into an empty sequence: by sharing what is on the device, swapping in what is on the host, copying a partial block. */
export class Attacher {
  readonly #prefixes: PrefixCache;
  readonly #supply: BlockSupply;

  constructor(options: { prefixes: PrefixCache; supply: BlockSupply }) {
    this.#prefixes = options.prefixes;
    this.#supply = options.supply;
  }

  /**
   * Takes the match into an empty sequence: whole blocks are shared, a partial one is copied by the plan.
   * The caller has made sure of `blocksToAttach` available blocks. Returns the tokens that need no computing.
   */
  attach(sequence: Sequence, match: PrefixMatch, journal: StepJournal): number {
    assert(sequence.capacity === 0, "attach() to a sequence that holds blocks");
    if (match.partialNode !== 0) this.#holdPartial(match.partialNode, journal);
    for (let group = 0; group < this.#prefixes.groupCount; group++) this.#shareMatched(sequence.tables[group], group, match);
    if (this.#prefixes.host.storedCount > 0) this.#swapMatchedIn(sequence, match, journal);
    sequence.setIndexed(match.blockCount);
    sequence.capacity = match.blockCount * sequence.blockSize;
    if (match.blockCount > 0) sequence.tail = match.nodeAt(match.blockCount - 1);
    if (match.partialNode !== 0) this.#copyPartial(sequence, match.partialNode, journal);
    return match.tokenCount;
  }

  /** The plan is complete: later plans run after its copies, so the sources may go. */
  seal(journal: StepJournal): void {
    for (let i = 0; i < journal.sources.length; i++) this.#prefixes.release(journal.sources.at(i));
    journal.sources.clear();
    this.#prefixes.host.unpin();
  }

  /** Shares what is on the device; what is on the host alone is pinned there, and gets its block when nothing of the match can be evicted any more. */
  #shareMatched(table: BlockTable, group: number, match: PrefixMatch): void {
    table.resize(match.firstBlock(group), match.blockCount);
    for (let index = table.first; index < table.count; index++) {
      const node = match.nodeAt(index);
      const block = this.#prefixes.blockOf(group, node);
      table.ids[index] = block;
      if (block === NULL_BLOCK) this.#prefixes.host.pin(group, node);
      else this.#prefixes.share(block);
    }
  }

  #swapMatchedIn(sequence: Sequence, match: PrefixMatch, journal: StepJournal): void {
    for (const [group, table] of sequence.tables.entries()) {
      for (let index = table.first; index < table.count; index++) {
        if (table.ids[index] === NULL_BLOCK) table.ids[index] = this.#supply.swapIn(group, match.nodeAt(index), journal);
      }
    }
  }

  /** Holds the sources of a partial match, so that no target that is allocated can be one of them, evicted. */
  #holdPartial(node: number, journal: StepJournal): void {
    for (let group = 0; group < this.#prefixes.groupCount; group++) {
      const source = this.#prefixes.blockOf(group, node);
      this.#prefixes.share(source);
      journal.sources.push(source);
    }
  }

  #copyPartial(sequence: Sequence, node: number, journal: StepJournal): void {
    for (let group = 0; group < this.#prefixes.groupCount; group++) {
      const target = this.#supply.allocate(journal);
      sequence.tables[group].push(target);
      journal.copy(this.#prefixes.blockOf(group, node), target);
    }
    sequence.capacity += sequence.blockSize;
  }
}
