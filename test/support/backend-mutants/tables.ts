import type { StepPlan } from "../../../src/step.ts";
import type { ToyRow } from "../toy-backend.ts";
import { type BackendMutant, MIXED, ToyBackend, WINDOWED } from "./backend-mutant.ts";

class RingWithoutModulo extends ToyBackend {
  override blockOf(plan: StepPlan, { request }: ToyRow, group: number, position: number): number {
    const index = Math.floor(position / this.info.blockSize);
    return this.tables[group][this.slotOf(plan, request) * this.strides[group] + index];
  }
}

class ChangesWithoutModulo extends ToyBackend {
  override applyChange({ groups }: StepPlan, group: number, slot: number, first: number, end: number): void {
    const { stride, tables } = groups[group];
    for (let entry = slot * stride + first; entry < slot * stride + end; entry++) {
      this.tables[group][entry] = tables[entry];
    }
  }
}

/** A table counts from the first block that the row sees, as tables in CSR form do. */
class CountsFromTheWindow extends ToyBackend {
  override blockOf(plan: StepPlan, row: ToyRow, group: number, position: number): number {
    const first = Math.floor(this.firstSeen(row, group) / this.info.blockSize) * this.info.blockSize;
    return super.blockOf(plan, row, group, position - first);
  }
}

class IgnoresWindow extends ToyBackend {
  override firstSeen(): number {
    return 0;
  }
}

class WholeFirstBlock extends ToyBackend {
  override firstSeen(row: ToyRow, group: number): number {
    const first = super.firstSeen(row, group);
    return first - (first % this.info.blockSize);
  }
}

/** Every token of a row is given what its last one sees. */
class OneTokenTooMany extends ToyBackend {
  override firstSeen(row: ToyRow, group: number): number {
    return Math.max(0, super.firstSeen(row, group) - (this.info.groups[group].window === null ? 0 : 1));
  }
}

class WindowOfTheStep extends ToyBackend {
  #ends: number[] = [];

  override logitsOf(plan: StepPlan): Float32Array {
    this.#ends = [...plan.contextLengths.subarray(0, plan.requestCount)];
    return super.logitsOf(plan);
  }

  override firstSeen(row: ToyRow, group: number): number {
    return Math.min(row.position, super.firstSeen({ ...row, position: this.#ends[row.request] - 1 }, group));
  }
}

class WindowOfGroupZero extends ToyBackend {
  override firstSeen(row: ToyRow): number {
    return super.firstSeen(row, 0);
  }
}

class TableOfGroupZero extends ToyBackend {
  override blockOf(plan: StepPlan, row: ToyRow, _: number, position: number): number {
    return super.blockOf(plan, row, 0, position);
  }
}

class SlotsOfGroupZero extends ToyBackend {
  override write(plan: StepPlan): void {
    const [{ slotMapping }] = plan.groups;
    super.write({ ...plan, groups: plan.groups.map((group) => ({ ...group, slotMapping })) });
  }
}

/** Changes of slots that have no row in the plan are left for later, which never comes. */
class OnlyRowsAreTold extends ToyBackend {
  #slots = new Set<number>();

  override applyChanges(plan: StepPlan, group: number): void {
    this.#slots = new Set(plan.requestSlots.subarray(0, plan.requestCount));
    super.applyChanges(plan, group);
  }

  override applyChange(plan: StepPlan, group: number, slot: number, first: number, end: number): void {
    if (this.#slots.has(slot)) super.applyChange(plan, group, slot, first, end);
  }
}

class FirstChangeOnly extends ToyBackend {
  override applyChange(plan: StepPlan, group: number, slot: number, first: number): void {
    super.applyChange(plan, group, slot, first, first + 1);
  }
}

class LastBlockNotTold extends ToyBackend {
  override applyChange(plan: StepPlan, group: number, slot: number, first: number, end: number): void {
    super.applyChange(plan, group, slot, first, Math.max(first + 1, end - 1));
  }
}

/** A block that a table has already is not looked at again. */
class KeepsFirstBlock extends ToyBackend {
  readonly #seen = new Set<string>();

  override applyChange(plan: StepPlan, group: number, slot: number, first: number, end: number): void {
    for (let index = first; index < end; index++) {
      const key = `${group}:${slot}:${index}:${this.strides[group]}`;
      if (!this.#seen.has(key)) super.applyChange(plan, group, slot, index, index + 1);
      this.#seen.add(key);
    }
  }
}

/** A plan's tables are known when the step behind it runs. */
class ChangesAStepLate extends ToyBackend {
  #before: StepPlan | null = null;

  override applyChanges(plan: StepPlan, group: number): void {
    if (this.#before !== null) super.applyChanges(this.#before, group);
    if (group === plan.groups.length - 1) this.#before = structuredClone(plan);
  }
}

/** Tables that have grown are read as if they had not. */
class FirstStrideForGood extends ToyBackend {
  readonly #first: number[] = [];

  override blockOf(plan: StepPlan, { request }: ToyRow, group: number, position: number): number {
    this.#first[group] ??= this.strides[group];
    const index = Math.floor(position / this.info.blockSize);
    return this.tables[group][this.slotOf(plan, request) * this.#first[group] + (index % this.#first[group])];
  }
}

class GroupZerosStride extends ToyBackend {
  override blockOf(plan: StepPlan, { request }: ToyRow, group: number, position: number): number {
    const stride = this.strides[0];
    const index = Math.floor(position / this.info.blockSize);
    return this.tables[group][this.slotOf(plan, request) * stride + (index % stride)];
  }
}

class RowsForSlots extends ToyBackend {
  override slotOf(_: StepPlan, request: number): number {
    return request;
  }
}

/** Every table is read from the plan of the first step. */
class RowZerosTable extends ToyBackend {
  override slotOf({ requestSlots }: StepPlan): number {
    return requestSlots[0];
  }
}

class NoTableAboveSlotTwo extends ToyBackend {
  override applyChange(plan: StepPlan, group: number, slot: number, first: number, end: number): void {
    super.applyChange(plan, group, Math.min(slot, 2), first, end);
  }
}

export const tableMutants: readonly BackendMutant[] = [
  { bug: "a ring is read without modulo", Backend: RingWithoutModulo, groups: WINDOWED },
  { bug: "a ring is read without modulo, of two groups", Backend: RingWithoutModulo, groups: MIXED },
  { bug: "changes of a ring are applied without modulo", Backend: ChangesWithoutModulo, groups: WINDOWED },
  { bug: "a table is counted from the first block in the window", Backend: CountsFromTheWindow, groups: WINDOWED },
  { bug: "windows are ignored", Backend: IgnoresWindow, groups: WINDOWED },
  { bug: "windows are ignored, of two groups", Backend: IgnoresWindow, groups: MIXED },
  { bug: "a window begins with a block", Backend: WholeFirstBlock, groups: WINDOWED, oracle: true },
  { bug: "a window has one token too many", Backend: OneTokenTooMany, groups: WINDOWED },
  { bug: "a row's tokens see what its last one sees", Backend: WindowOfTheStep, groups: WINDOWED },
  { bug: "every group has the first one's window", Backend: WindowOfGroupZero, groups: MIXED },
  { bug: "every group is read through the first one's table", Backend: TableOfGroupZero, groups: MIXED, oracle: true },
  { bug: "every group is written to the first one's slots", Backend: SlotsOfGroupZero, groups: MIXED },
  { bug: "every group's table has the first one's stride", Backend: GroupZerosStride, groups: MIXED },
  { bug: "changes of slots without a row are dropped", Backend: OnlyRowsAreTold },
  { bug: "of each change the first block is applied", Backend: FirstChangeOnly },
  { bug: "of each change the last block is left out", Backend: LastBlockNotTold },
  { bug: "an entry is never written again", Backend: KeepsFirstBlock },
  { bug: "changes are applied a step late", Backend: ChangesAStepLate },
  { bug: "tables that have grown are read by their first stride", Backend: FirstStrideForGood },
  { bug: "the number of the row is taken for its slot", Backend: RowsForSlots },
  { bug: "the first row's table is every row's", Backend: RowZerosTable },
  { bug: "slots above 2 share a table", Backend: NoTableAboveSlotTwo },
];
