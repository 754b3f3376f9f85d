import { IntList } from "../collections/int-list.ts";

/**
 * A block that a request computes although an equal block is indexed. At the commit, or when the request leaves, the
 * request takes the equal block and releases its own; at a rollback it keeps its own.
 */
export interface Adoption {
  readonly slot: number;
  readonly group: number;
  readonly index: number;
  /** The equal block, held for the request until then. */
  readonly block: number;
  /** Of the plan that computes the request's own block; null once it is computed. */
  readonly journal: StepJournal | null;
  settled: boolean;
}

/** A shared block that a plan copies before one of its holders writes. */
export interface Unsharing {
  readonly slot: number;
  readonly generation: number;
  readonly group: number;
  readonly index: number;
  /** The shared block, held until the plan is done. */
  readonly source: number;
  readonly target: number;
  /** Of the plan that makes the copy. */
  readonly journal: StepJournal;
}

/** Changes of the cache by one plan, which its commit makes final or its rollback undoes. Journals are reused. */
export class StepJournal {
  /** (block, node) pairs that became matchable with this plan, parents before children. */
  readonly indexed = new IntList();
  /** (source, target) pairs of the plan's copies. */
  readonly copies = new IntList();
  /** (device block, host block) pairs of the plan's swap-outs. */
  readonly swapOuts = new IntList();
  /** (host block, device block) pairs of the plan's swap-ins. */
  readonly swapIns = new IntList();
  /** (group, node) pairs whose host copies the plan writes. */
  readonly demoted = new IntList();
  /** Sources of partial matches, held until the plan is complete. */
  readonly sources = new IntList();
  readonly adoptions: Adoption[] = [];
  /** Table entries that the plan replaces by copies. */
  readonly unshared: Unsharing[] = [];

  /** The plan copies a device block. */
  copy(source: number, target: number): void {
    this.copies.push(source);
    this.copies.push(target);
  }

  /** Whether this plan computes the block: it then cannot be the source of the plan's own copy. */
  computes(block: number): boolean {
    for (let i = 0; i < this.indexed.length; i += 2) if (this.indexed.items[i] === block) return true;
    return false;
  }

  clear(): void {
    this.indexed.length = 0;
    this.copies.length = 0;
    this.swapOuts.length = 0;
    this.swapIns.length = 0;
    this.demoted.length = 0;
    // Assigning the length drops the array's memory, so not in every step.
    if (this.adoptions.length > 0) this.adoptions.length = 0;
    if (this.unshared.length > 0) this.unshared.length = 0;
  }
}
