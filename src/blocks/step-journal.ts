import { IntList } from "../collections/int-list.ts";

/**
 * A block that a request computes although an equal one is there. At the commit, or when the request leaves, it takes
 * the equal block and gives its own back; at a rollback it keeps its own.
 */
export interface Adoption {
  readonly slot: number;
  readonly group: number;
  readonly index: number;
  /** The equal block, held for the request until then. */
  readonly block: number;
  /** Of the plan that computes the request's own; null where that is done. */
  readonly journal: StepJournal | null;
  settled: boolean;
}

/** A shared block that a plan copies for one of its holders, before that one writes. */
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

/** What one plan did to the cache that its commit makes final or its rollback takes back. Kept and used again. */
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
    for (let i = 0; i < this.indexed.length; i += 2) if (this.indexed.at(i) === block) return true;
    return false;
  }

  clear(): void {
    this.indexed.clear();
    this.copies.clear();
    this.swapOuts.clear();
    this.swapIns.clear();
    this.demoted.clear();
    // To assign the length drops the array's memory: not in every step.
    if (this.adoptions.length > 0) this.adoptions.length = 0;
    if (this.unshared.length > 0) this.unshared.length = 0;
  }
}
