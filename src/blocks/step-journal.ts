import type { Adoption, Unsharing } from "./block-table.ts";
import { IntList } from "./int-list.ts";

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

  /** Whether this plan is the one that computes the block: it cannot be the source of the plan's own copy. */
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
    // Assigning length drops the array's memory: not in every step.
    if (this.adoptions.length > 0) this.adoptions.length = 0;
    if (this.unshared.length > 0) this.unshared.length = 0;
  }
}
