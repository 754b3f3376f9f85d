import type { PlanMoves } from "../make-plan.ts";
import type { Allocation, Allocator, AllocatorCapabilities, AllocatorSizes, BlockCounts } from "./allocator.ts";
import type { StepFaults } from "./device-step.ts";
import type { KnownBlock } from "./known-blocks.ts";
import type { Command } from "./program.ts";
import type { ModelRow, ReferenceModel } from "./reference-model.ts";
import type { SimulatedMemory } from "./simulated-memory.ts";

/** What an allocator says at one moment. */
export interface Snapshot {
  readonly counts: BlockCounts;
  /** null without host memory. */
  readonly host: BlockCounts | null;
  /** By sequence, by group; without sequences in host memory. Empty where the moment is not a full one. */
  readonly tables: ReadonlyMap<number, readonly (readonly number[])[]>;
}

/** What a lookup found, made by itself or just before `allocate`, and what there was to find. */
export interface LookupResult {
  readonly tokens: readonly number[];
  readonly found: number;
  /** Most that any cache can have: in the lookup's domain, and in all. */
  readonly most: number;
  readonly mostAnywhere: number;
  /** Most that is in blocks which a lookup missed, and which were not computed again. */
  readonly mostMissed: number;
  /** Fewest that the cache has to find. */
  readonly least: number;
}

/** One command and what it did: what laws are checked on. */
export interface Moment {
  readonly command: Command;
  readonly sizes: AllocatorSizes;
  readonly capabilities: AllocatorCapabilities;
  readonly allocator: Allocator;
  readonly model: ReferenceModel;
  readonly memory: SimulatedMemory;
  /** Copies that the step under construction has yet to make: from target to source. */
  readonly copies: ReadonlyMap<number, number>;
  /**
   * Whether everything was looked at: both snapshots, and every known block. Laws that need that are checked at no
   * other moment.
   */
  readonly full: boolean;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What the operation answered: null where there was no room; undefined for commands that answer nothing. */
  readonly answer: PlanMoves | Allocation | null | undefined;
  /** Of `lookup` and `allocate`, where there is a prefix cache. */
  readonly lookup: LookupResult | null;
  readonly faults: StepFaults;
  /** Full blocks that were found until now. */
  readonly forgotten: readonly KnownBlock[];
  /** Whether blocks ran out since known blocks were last looked for: then something may have been evicted. */
  readonly pressed: boolean;
  /** The same since the beginning. */
  readonly everPressed: boolean;
  /** Of a rollback: the rows that were taken back, and the full blocks that were not computed. */
  readonly undone: { readonly rows: readonly ModelRow[]; readonly blocks: readonly KnownBlock[] } | null;
}

/** A law, and how to find out whether it holds. */
export interface Law {
  readonly name: string;
  /** Without these the law says nothing. */
  readonly needs: readonly (keyof AllocatorCapabilities)[];
  /** Nor with this one. */
  readonly unless?: keyof AllocatorCapabilities;
  /** Nor without this method. */
  readonly needsMethod?: "bytes" | "checkInvariants" | "hostStats";
  /** Checked after every command, also where the moment is not a full one. */
  readonly always?: boolean;
  /** What is wrong, or null. */
  broken(moment: Moment): string | null;
}

/** Why a law says nothing about an allocator; null where it does. */
export function skipReason(
  { needs, unless, needsMethod }: Pick<Law, "needs" | "unless" | "needsMethod">,
  allocator: Allocator,
): string | null {
  const { capabilities } = allocator;
  const missing = needs.filter(
    (need) => capabilities[need] !== true && !(need === "exactTables" && capabilities.exact === true),
  );
  if (unless !== undefined && capabilities[unless] === true) return `the allocator declares ${unless}`;
  if (missing.length > 0) {
    return (
      "the allocator does not declare " + missing.map((need) => (need === "exactTables" ? "exact" : need)).join(", ")
    );
  }
  return needsMethod === undefined || allocator[needsMethod] !== undefined
    ? null
    : `the allocator has no ${needsMethod}()`;
}

export function copyTables(allocator: Allocator, model: ReferenceModel, groups: number): Map<number, number[][]> {
  const tables = new Map<number, number[][]>();
  for (const [number, { swapped }] of model.sequences) {
    if (!swapped) {
      tables.set(
        number,
        Array.from({ length: groups }, (_, group) => Array.from(allocator.table(number, group))),
      );
    }
  }
  return tables;
}

/** Blocks named by any table. */
export function heldBlocks(tables: Snapshot["tables"]): Set<number> {
  return new Set([...tables.values()].flat(2).filter((block) => block >= 0));
}
