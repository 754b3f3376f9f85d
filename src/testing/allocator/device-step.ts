import type { BlockPair, PlanMoves } from "../make-plan.ts";
import type { AllocatorSizes } from "./allocator.ts";
import type { ModelRow } from "./reference-model.ts";
import type { SimulatedMemory } from "./simulated-memory.ts";

/** A row of a step with the tables that the device is given. */
export interface DeviceRow extends ModelRow {
  readonly number: number;
  /** [groups] */
  readonly tables: readonly (readonly number[])[];
}

/** What went wrong when a step ran, one line each. */
export interface StepFaults {
  /** A token was computed from something else than its beginning. */
  readonly misreads: string[];
  /** A block was written that another sequence holds. */
  readonly sharedWrites: string[];
  /** Moves whose result depends on which is made first. */
  readonly disorder: string[];
}

export function noFaults(): StepFaults {
  return { misreads: [], sharedWrites: [], disorder: [] };
}

/** First position that a token at `position` sees. */
export function firstVisible(position: number, window: number | null): number {
  return window === null ? 0 : Math.max(0, position - window + 1);
}

/** What the slot of a token has to hold: groups have different layers, so equal beginnings differ between them. */
export function contentOf(name: number, group: number, sizes: AllocatorSizes): number {
  return name * sizes.windows.length + group;
}

/** "position 3 is in no block", "block 2 holds …", or null where the slot holds what it should. */
export function misread(
  memory: SimulatedMemory,
  sizes: AllocatorSizes,
  place: {
    readonly table: readonly number[];
    readonly group: number;
    readonly position: number;
    readonly name: number;
  },
): string | null {
  const { table, group, position, name } = place;
  const block = table[Math.floor(position / sizes.blockSize)];
  if (!isBlock(block, sizes)) return `position ${position} has no block in group ${group}`;
  const content = memory.read(block, position % sizes.blockSize);
  if (content === contentOf(name, group, sizes)) return null;
  return (
    `position ${position} is in block ${block} of group ${group}, ` +
    `which holds ${content < 0 ? "nothing that was computed" : "the keys and values of another beginning"}`
  );
}

/** Whether a table's entry names a block. */
export function isBlock(block: number | undefined, { blockCount }: AllocatorSizes): block is number {
  return block !== undefined && Number.isInteger(block) && block >= 0 && block <= blockCount;
}

/** Runs a step as a device does: moves, then all writes, then each new token reads what it sees. */
export function runStep(
  memory: SimulatedMemory,
  sizes: AllocatorSizes,
  step: { readonly rows: readonly DeviceRow[]; readonly moves: PlanMoves },
): StepFaults {
  const faults = noFaults();
  checkMoves(step.moves, sizes, faults.disorder);
  memory.move(step.moves);
  for (const row of step.rows) writeRow(memory, sizes, row, contentOf);
  for (const row of step.rows) readRow(memory, sizes, row, faults.misreads);
  return faults;
}

/** What the failed step wrote is garbage. */
export function spoilStep(
  memory: SimulatedMemory,
  sizes: AllocatorSizes,
  step: { readonly rows: readonly DeviceRow[]; readonly moves: PlanMoves },
  spoiled: number,
): void {
  memory.spoil(step.moves);
  for (const row of step.rows) writeRow(memory, sizes, row, () => spoiled);
}

function writeRow(
  memory: SimulatedMemory,
  sizes: AllocatorSizes,
  row: DeviceRow,
  content: (name: number, group: number, sizes: AllocatorSizes) => number,
): void {
  for (const [group, table] of row.tables.entries()) {
    for (let position = row.from; position < row.to; position++) {
      const block = table[Math.floor(position / sizes.blockSize)];
      if (isBlock(block, sizes)) {
        memory.write(block, position % sizes.blockSize, content(row.sequence.names[position], group, sizes));
      }
    }
  }
}

function readRow(memory: SimulatedMemory, sizes: AllocatorSizes, row: DeviceRow, misreads: string[]): void {
  for (const [group, table] of row.tables.entries()) {
    for (let position = firstVisible(row.from, sizes.windows[group]); position < row.to; position++) {
      const fault = misread(memory, sizes, { table, group, position, name: row.sequence.names[position] });
      if (fault !== null) {
        misreads.push(`while sequence ${row.number} computes positions ${row.from} to ${row.to - 1}: ${fault}`);
      }
    }
  }
}

/** Blocks exist; in each list targets are distinct, and no block is both source and target. */
function checkMoves(
  { swapOuts = [], swapIns = [], copies = [] }: PlanMoves,
  { blockCount, hostBlockCount }: AllocatorSizes,
  disorder: string[],
): void {
  checkRange("swap-outs", swapOuts, [blockCount, hostBlockCount], disorder);
  checkRange("swap-ins", swapIns, [hostBlockCount, blockCount], disorder);
  checkRange("copies", copies, [blockCount, blockCount], disorder);
  for (const [name, pairs] of Object.entries({ "swap-outs": swapOuts, "swap-ins": swapIns, copies })) {
    const twice = pairs.find(([, target], i) => pairs.findIndex((other) => other[1] === target) !== i);
    if (twice !== undefined) disorder.push(`the ${name} of one step go to block ${twice[1]} twice`);
  }
  const both = copies.find(([source]) => copies.some(([, target]) => target === source));
  if (both !== undefined) disorder.push(`block ${both[0]} is source and target of one step's copies`);
}

/** Both blocks of each pair are in 0..last of their memory. */
function checkRange(name: string, pairs: readonly BlockPair[], lasts: BlockPair, disorder: string[]): void {
  const wrong = pairs.find((pair) =>
    pair.some((block, side) => !Number.isInteger(block) || block < 0 || block > lasts[side]),
  );
  if (wrong !== undefined) {
    disorder.push(`the ${name} of a step have the pair ${JSON.stringify(wrong)}, and there are no such blocks`);
  }
}

/** One step's moves, as several operations reported them. */
export function joinMoves(all: readonly PlanMoves[]): PlanMoves {
  const list = (pick: (moves: PlanMoves) => readonly BlockPair[] | undefined): BlockPair[] =>
    all.flatMap((moves) => pick(moves) ?? []);
  return {
    swapOuts: list((moves) => moves.swapOuts),
    swapIns: list((moves) => moves.swapIns),
    copies: list((moves) => moves.copies),
  };
}
