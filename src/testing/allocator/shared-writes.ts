import type { AllocatorSizes } from "./allocator.ts";
import { isBlock, type DeviceRow } from "./device-step.ts";
import type { Snapshot } from "./moment.ts";
import type { ModelSequence } from "./reference-model.ts";

interface Holders {
  readonly tables: Snapshot["tables"];
  readonly sequences: ReadonlyMap<number, ModelSequence>;
  readonly sizes: AllocatorSizes;
}

/**
 * Writes to blocks that other sequences hold too, one line each. Allowed is only that one sequence writes what all
 * holders want there: so it is where a sequence takes a block that a row of the same step computes.
 */
export function findSharedWrites(rows: readonly DeviceRow[], holders: Holders): string[] {
  const found: string[] = [];
  const writer = new Map<string, number>();
  for (const row of rows) {
    for (let group = 0; group < holders.sizes.windows.length; group++) {
      for (let position = row.from; position < row.to; position++) {
        const fault = faultAt(row, { group, position }, holders, writer);
        if (fault !== null) found.push(fault);
      }
    }
  }
  return found;
}

function faultAt(
  row: DeviceRow,
  { group, position }: { group: number; position: number },
  holders: Holders,
  writer: Map<string, number>,
): string | null {
  const { blockSize } = holders.sizes;
  const block = row.tables[group][Math.floor(position / blockSize)];
  if (!isBlock(block, holders.sizes)) return null;
  const slot = `${block}:${position % blockSize}`;
  const first = writer.get(slot) ?? row.number;
  writer.set(slot, row.number);
  if (first !== row.number) {
    return `sequences ${first} and ${row.number} write to the same slot of block ${block} in one step`;
  }
  for (const [other, tables] of holders.tables) {
    if (other === row.number || !tables.some((table) => table.includes(block))) continue;
    const wanted = holders.sequences.get(other)!.names[position];
    if (wanted !== row.sequence.names[position]) {
      return `sequence ${row.number} writes position ${position} to block ${block}, which sequence ${other} holds too`;
    }
  }
  return null;
}
