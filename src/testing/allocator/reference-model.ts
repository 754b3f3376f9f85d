import { assert } from "../../assert.ts";
import type { AllocatorCapabilities, AllocatorSizes, Domain } from "./allocator.ts";
import { BeginningNames } from "./beginnings.ts";
import { KnownBlocks, type KnownBlock } from "./known-blocks.ts";

/** What a sequence is: no blocks, only what they have to hold. */
export interface ModelSequence {
  readonly domain: Domain;
  readonly tokens: number[];
  /** [tokens] Names of its beginnings: what the slot of each token has to hold. */
  readonly names: number[];
  swapped: boolean;
  /** It began before a reset: none of its blocks may be found. */
  isStale: boolean;
}

/** Tokens of one sequence that a step computes: from position `from` to `to`. */
export interface ModelRow {
  readonly sequence: ModelSequence;
  readonly from: number;
  readonly to: number;
}

/** A step: what it computes, and which sequences lose everything if it fails. */
export interface ModelStep {
  readonly rows: ModelRow[];
  /** Allocated or swapped by it. */
  readonly born: Set<ModelSequence>;
  /** Full blocks that it computes. */
  readonly blocks: KnownBlock[];
}

/**
 * What is true whatever the allocator does: which sequences there are, which tokens they have, and which full blocks
 * were computed and can be matched. Maps and arrays, every question answered by looking at everything.
 */
export class ReferenceModel {
  readonly sequences = new Map<number, ModelSequence>();
  readonly known: KnownBlocks;
  open: ModelStep = newStep();
  /** Issued, not committed; oldest first. */
  readonly onTheirWay: ModelStep[] = [];
  readonly #names = new BeginningNames();

  constructor(sizes: AllocatorSizes, capabilities: AllocatorCapabilities) {
    this.known = new KnownBlocks(sizes, capabilities);
  }

  /** Nothing under construction, nothing on its way. */
  get isQuiet(): boolean {
    return this.open.rows.length === 0 && this.open.born.size === 0 && this.onTheirWay.length === 0;
  }

  get(sequence: number): ModelSequence {
    const found = this.sequences.get(sequence);
    assert(found !== undefined, () => `there is no sequence ${sequence}`);
    return found;
  }

  allocate(sequence: number, tokens: readonly number[], domain: Domain, cachedTokens: number): void {
    const born: ModelSequence = {
      domain,
      tokens: [...tokens],
      names: this.#names.nameAll(domain, tokens),
      swapped: false,
      isStale: false,
    };
    this.sequences.set(sequence, born);
    this.open.born.add(born);
    this.#compute(born, cachedTokens);
  }

  append(sequence: number, tokens: readonly number[]): void {
    const grown = this.get(sequence);
    const from = grown.tokens.length;
    grown.tokens.push(...tokens);
    this.#names.extend(grown.names, grown.domain, tokens);
    this.#compute(grown, from);
  }

  /** `inFlight`: the child is part of the step under construction. */
  fork(sequence: number, child: number, inFlight: boolean): void {
    const parent = this.get(sequence);
    const born = { ...parent, tokens: [...parent.tokens], names: [...parent.names] };
    this.sequences.set(child, born);
    if (inFlight) this.open.born.add(born);
  }

  /** Nothing that was computed until now may be found again. */
  reset(): void {
    for (const sequence of this.sequences.values()) sequence.isStale = true;
    this.known.byName.clear();
    this.#names.startAnew();
  }

  free(sequence: number): void {
    const { names } = this.get(sequence);
    this.sequences.delete(sequence);
    this.known.letGo(names);
  }

  swap(sequence: number, swapped: boolean): void {
    const moved = this.get(sequence);
    moved.swapped = swapped;
    this.open.born.add(moved);
    if (swapped) this.known.letGo(moved.names);
    // What comes back from host memory may be found again, without a promise.
    else if (!moved.isStale) this.open.blocks.push(...this.known.learn(moved, 0, this.open));
  }

  issue(): void {
    this.onTheirWay.push(this.open);
    this.open = newStep();
  }

  commit(): void {
    const step = this.onTheirWay.shift();
    assert(step !== undefined, "no step is on its way");
    this.known.commit(step.blocks);
  }

  /** The newest step failed. Returns the full blocks that were never computed. */
  rollback(): KnownBlock[] {
    const step = this.onTheirWay.pop();
    assert(step !== undefined, "no step is on its way");
    for (const { sequence, from } of step.rows.toReversed()) {
      sequence.tokens.length = Math.min(sequence.tokens.length, from);
      sequence.names.length = sequence.tokens.length;
    }
    for (const [number, sequence] of this.sequences) if (step.born.has(sequence)) this.sequences.delete(number);
    return this.known.rollback(step);
  }

  /** Whether the step under construction computes or moves something of the sequence. */
  isInOpenStep(sequence: ModelSequence): boolean {
    return this.open.born.has(sequence) || this.open.rows.some((row) => row.sequence === sequence);
  }

  #compute(sequence: ModelSequence, from: number): void {
    this.open.rows.push({ sequence, from, to: sequence.tokens.length });
    if (sequence.isStale) return;
    const computed = this.known.learn(sequence, from, this.open);
    this.open.blocks.push(...computed);
    this.known.share(computed);
  }
}

function newStep(): ModelStep {
  return { rows: [], born: new Set(), blocks: [] };
}
