import type { Moment } from "./moment.ts";

/** What the programs of a run made an allocator do. Counts; shares are taken of the count that the comment names. */
export interface AllocatorCoverage {
  readonly programs: number;
  /** Commands that made sense where they stood, including the ones that end a program. */
  readonly commands: number;
  readonly allocations: number;
  /** Of `allocations`: refused for want of room. */
  readonly refusedAllocations: number;
  /** Of `allocations`: took tokens from the cache. */
  readonly hits: number;
  /** Of `allocations`: made where there is host memory. */
  readonly hostAllocations: number;
  /** Of `hostAllocations`: took blocks from host memory. */
  readonly hostHits: number;
  readonly appends: number;
  /** Of `appends`: refused for want of room. */
  readonly refusedAppends: number;
  /** Forks, swap-outs and swap-ins that were not refused. */
  readonly forks: number;
  readonly swapOuts: number;
  readonly swapIns: number;
  /** Cached blocks that can no longer be found, resets and failed steps aside. */
  readonly evictions: number;
  readonly rollbacks: number;
  readonly resets: number;
}

/** Counts what moments show. */
export class CoverageCounter {
  readonly #counts: { -readonly [Name in keyof AllocatorCoverage]: number } = {
    programs: 0,
    commands: 0,
    allocations: 0,
    refusedAllocations: 0,
    hits: 0,
    hostAllocations: 0,
    hostHits: 0,
    appends: 0,
    refusedAppends: 0,
    forks: 0,
    swapOuts: 0,
    swapIns: 0,
    evictions: 0,
    rollbacks: 0,
    resets: 0,
  };

  get counts(): AllocatorCoverage {
    return { ...this.#counts };
  }

  /** A new program begins. */
  begin(): void {
    this.#counts.programs++;
  }

  observe({ command, sizes, answer, forgotten }: Moment): void {
    const counts = this.#counts;
    counts.commands++;
    if (command.kind !== "reset" && command.kind !== "rollback") counts.evictions += forgotten.length;
    switch (command.kind) {
      case "allocate":
        if (sizes.hostBlockCount > 0) counts.hostAllocations++;
        return this.#allocated(answer);
      case "append":
        counts.appends++;
        if (answer === null) counts.refusedAppends++;
        return;
      case "rollback":
        counts.rollbacks++;
        return;
      case "reset":
        counts.resets++;
        return;
      case "fork":
      case "swapOut":
      case "swapIn":
        if (answer !== null) counts[`${command.kind}s`]++;
        return;
      case "free":
      case "lookup":
      case "issue":
      case "commit":
      case "custom":
    }
  }

  add(other: AllocatorCoverage): void {
    for (const name of Object.keys(this.#counts) as (keyof AllocatorCoverage)[]) this.#counts[name] += other[name];
  }

  #allocated(answer: Moment["answer"]): void {
    const counts = this.#counts;
    counts.allocations++;
    if (answer === null || answer === undefined) {
      counts.refusedAllocations++;
      return;
    }
    if ("cachedTokens" in answer && answer.cachedTokens > 0) counts.hits++;
    if ((answer.swapIns?.length ?? 0) > 0) counts.hostHits++;
  }
}

/** One line for people. */
export function formatCoverage(coverage: AllocatorCoverage): string {
  const {
    programs,
    commands,
    allocations,
    refusedAllocations,
    hits,
    hostAllocations,
    hostHits,
    appends,
    refusedAppends,
  } = coverage;
  const { forks, swapOuts, swapIns, evictions, rollbacks, resets } = coverage;
  return [
    `${programs} programs, ${commands} commands`,
    `${allocations} allocations (${percent(refusedAllocations, allocations)} refused, ` +
      `${percent(hits, allocations)} with a hit, ` +
      `${percent(hostHits, hostAllocations)} from host memory if there is any)`,
    `${appends} appends (${percent(refusedAppends, appends)} refused)`,
    `${forks} forks, ${swapOuts} swap-outs, ${swapIns} swap-ins, ${evictions} evictions, ` +
      `${rollbacks} rollbacks, ${resets} resets`,
  ].join("; ");
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0%" : `${((100 * part) / whole).toFixed(1)}%`;
}
