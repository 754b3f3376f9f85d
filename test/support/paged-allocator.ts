import type {
  Allocation,
  Allocator,
  AllocatorCapabilities,
  AllocatorSizes,
  BlockCounts,
  BlockPair,
  Domain,
  PlanMoves,
} from "../../src/testing/index.ts";
import { commonLength } from "../../src/testing/allocator/known-blocks.ts";
import { PagedBlocks } from "./paged-blocks.ts";

/** Stands in a table for a block that a window left. */
export const NO_BLOCK = -1;

export interface Sequence {
  readonly domain: Domain;
  readonly tokens: number[];
  table: number[];
  /** Host blocks by position while it is swapped out. */
  host: number[] | null;
}

/** A cached beginning: whole blocks, and the block that begins like what follows. */
export interface Match {
  readonly blocks: number[];
  partial: { readonly source: number; readonly length: number } | null;
}

/** What one step did, as far as its end or its failure needs to know. */
export interface Step {
  readonly rows: { readonly sequence: Sequence; readonly from: number; readonly to: number }[];
  /** Allocated or swapped by it: they have nothing to go back to. */
  readonly born: Set<Sequence>;
  readonly keyed: number[];
  /** Sources of partial hits, held until the step is complete. */
  readonly sources: number[];
  /** Copies on write; the source is held until the step is done. */
  readonly copied: {
    readonly sequence: Sequence;
    readonly index: number;
    readonly source: number;
    readonly target: number;
  }[];
}

/**
 * A paged allocator with everything that the kit knows laws about, in plain maps and lists: it is there to be right,
 * and to be broken by the mutants beside it, which override one method each.
 */
export class PagedAllocator extends PagedBlocks implements Allocator {
  readonly capabilities: AllocatorCapabilities = {
    paged: true,
    exact: true,
    prefixCache: true,
    sharesRunning: true,
    partialHits: true,
    fork: true,
    windows: true,
    plans: true,
    swap: true,
  };
  readonly sequences = new Map<number, Sequence>();
  readonly hostFree: number[];
  open: Step = newStep();
  readonly onTheirWay: Step[] = [];

  constructor(sizes: AllocatorSizes) {
    super(sizes);
    this.hostFree = Array.from({ length: sizes.hostBlockCount }, (_, block) => block);
  }

  allocate(number: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const match = this.match(tokens, domain);
    if (!this.hasRoom(match, tokens.length)) match.partial = null;
    if (!this.hasRoom(match, tokens.length)) return null;
    const sequence: Sequence = { domain, tokens: [...tokens], table: [], host: null };
    const copies = this.take(sequence, match);
    this.sequences.set(number, sequence);
    this.open.born.add(sequence);
    this.compute(sequence, this.matchedTokens(match));
    return { cachedTokens: this.matchedTokens(match), copies };
  }

  append(number: number, tokens: readonly number[]): PlanMoves | null {
    const sequence = this.sequences.get(number)!;
    const from = sequence.tokens.length;
    const copies = this.mustCopy(sequence) ? 1 : 0;
    if (this.blocksFor(from + tokens.length) - sequence.table.length + copies > this.available) return null;
    const moves = copies === 1 ? { copies: [this.copyLast(sequence)] } : {};
    sequence.tokens.push(...tokens);
    this.compute(sequence, from);
    return moves;
  }

  free(number: number): void {
    this.drop(this.sequences.get(number)!);
    this.sequences.delete(number);
  }

  fork(number: number, child: number): PlanMoves {
    const { domain, tokens, table } = this.sequences.get(number)!;
    for (const block of table) if (block !== NO_BLOCK) this.share(block);
    this.sequences.set(child, { domain, tokens: [...tokens], table: [...table], host: null });
    return {};
  }

  table(number: number, _group: number): readonly number[] {
    return this.sequences.get(number)!.table;
  }

  lookup(tokens: readonly number[], domain: Domain): number {
    return this.matchedTokens(this.match(tokens, domain));
  }

  issue(): void {
    for (const source of this.open.sources) this.release(source);
    this.onTheirWay.push(this.open);
    this.open = newStep();
  }

  commit(): void {
    const step = this.onTheirWay.shift()!;
    for (const { source } of step.copied) this.release(source);
    for (const { sequence, to } of step.rows) if (this.isHere(sequence)) this.slide(sequence, to);
  }

  rollback(): void {
    const step = this.onTheirWay.pop()!;
    for (const copy of step.copied) this.uncopy(copy);
    for (const { sequence, from } of step.rows.toReversed()) {
      if (this.isHere(sequence) && !step.born.has(sequence)) this.truncate(sequence, from);
    }
    for (const [number, sequence] of this.sequences) if (step.born.has(sequence)) this.free(number);
    for (const block of step.keyed.toReversed()) this.unkey(block);
  }

  swapOut(number: number): PlanMoves | null {
    const sequence = this.sequences.get(number)!;
    if (sequence.table.filter((block) => block !== NO_BLOCK).length > this.hostFree.length) return null;
    sequence.host = sequence.table.map((block) => (block === NO_BLOCK ? NO_BLOCK : this.hostFree.shift()!));
    const swapOuts = pairs(sequence.table, sequence.host);
    this.releaseAll(sequence.table);
    sequence.table = [];
    this.open.born.add(sequence);
    return { swapOuts };
  }

  swapIn(number: number): PlanMoves | null {
    const sequence = this.sequences.get(number)!;
    const host = sequence.host!;
    if (host.filter((block) => block !== NO_BLOCK).length > this.available) return null;
    sequence.table = host.map((block) => (block === NO_BLOCK ? NO_BLOCK : this.acquire()));
    sequence.host = null;
    this.releaseHost(host);
    this.open.born.add(sequence);
    this.compute(sequence, sequence.tokens.length);
    this.index(sequence, 0);
    return { swapIns: pairs(host, sequence.table) };
  }

  hostStats(): BlockCounts {
    return { free: this.hostFree.length, cached: 0, held: this.sizes.hostBlockCount - this.hostFree.length };
  }

  bytes(): number {
    return this.keys.size + this.byKey.size + this.sequences.size + this.unused.length + this.cached.size;
  }

  blocksFor(tokenCount: number): number {
    return Math.ceil(tokenCount / this.sizes.blockSize);
  }

  /** Most tokens that may come from the cache: the last one is computed, for its logits. */
  mostCached(tokens: readonly number[]): number {
    return tokens.length - 1;
  }

  /** The longest beginning of which every block that the next token sees is there. */
  match(tokens: readonly number[], domain: Domain): Match {
    const most = this.mostCached(tokens);
    for (let count = Math.floor(most / this.sizes.blockSize); ; count--) {
      const blocks = this.chain(tokens, count, domain);
      if (blocks !== null) return { blocks, partial: this.partial(tokens.slice(0, most), count, domain) };
    }
  }

  matchedTokens({ blocks, partial }: Match): number {
    return blocks.length * this.sizes.blockSize + (partial?.length ?? 0);
  }

  chain(tokens: readonly number[], count: number, domain: Domain): number[] | null {
    const first = Math.max(0, Math.min(this.firstVisible(count * this.sizes.blockSize), count - 1));
    const blocks = Array.from({ length: count }, (_, index) =>
      index < first ? NO_BLOCK : this.find(tokens.slice(0, (index + 1) * this.sizes.blockSize), domain),
    );
    return blocks.includes(undefined) ? null : (blocks as number[]);
  }

  /**
   * The block after `count` whole ones that begins most like the tokens, unless the step under construction computes
   * it.
   */
  partial(tokens: readonly number[], count: number, domain: Domain): Match["partial"] {
    const whole = count * this.sizes.blockSize;
    let best: Match["partial"] = null;
    for (const [source, key] of this.keys) {
      if (
        key.tokens.length !== whole + this.sizes.blockSize ||
        key.domain.salt !== domain.salt ||
        key.domain.adapterId !== domain.adapterId ||
        !this.isCopyable(source)
      ) {
        continue;
      }
      const length = commonLength(key.tokens, tokens) - whole;
      if (length > (best?.length ?? 0)) best = { source, length };
    }
    return best;
  }

  isCopyable(block: number): boolean {
    return !this.open.keyed.includes(block);
  }

  hasRoom({ blocks, partial }: Match, tokenCount: number): boolean {
    const taken = [...blocks, ...(partial === null ? [] : [partial.source])].filter((block) =>
      this.cached.has(block),
    ).length;
    return this.blocksFor(tokenCount) - blocks.length <= this.available - taken;
  }

  /** Shares the whole blocks of a match and copies the partial one. */
  take(sequence: Sequence, { blocks, partial }: Match): BlockPair[] {
    for (const block of blocks) if (block !== NO_BLOCK) this.share(block);
    sequence.table.push(...blocks);
    if (partial === null) return [];
    this.holdSource(partial.source);
    const target = this.acquire();
    sequence.table.push(target);
    return [[partial.source, target]];
  }

  holdSource(source: number): void {
    this.share(source);
    this.open.sources.push(source);
  }

  /** Blocks for the tokens from `from`, which the open step computes. */
  compute(sequence: Sequence, from: number): void {
    this.open.rows.push({ sequence, from, to: sequence.tokens.length });
    this.extend(sequence, from);
    this.index(sequence, from);
  }

  extend(sequence: Sequence, _from: number): void {
    while (sequence.table.length < this.blocksFor(sequence.tokens.length)) sequence.table.push(this.acquire());
  }

  /** Full blocks can be matched from now on. */
  index({ tokens, table, domain }: Sequence, from: number): void {
    const size = this.sizes.blockSize;
    for (let index = Math.floor(from / size); (index + 1) * size <= tokens.length; index++) {
      const block = table[index];
      if (block === NO_BLOCK || this.keys.has(block)) continue;
      const beginning = tokens.slice(0, (index + 1) * size);
      this.key(block, { text: this.keyText(beginning, domain), tokens: beginning, domain });
      this.open.keyed.push(block);
    }
  }

  /** Forked siblings share the last block, and nobody writes to what others hold. */
  mustCopy({ tokens, table }: Sequence): boolean {
    return tokens.length % this.sizes.blockSize !== 0 && this.references[table.at(-1)!] > 1;
  }

  copyLast(sequence: Sequence): BlockPair {
    const index = sequence.table.length - 1;
    const source = sequence.table[index];
    const target = this.acquire();
    sequence.table[index] = target;
    this.open.copied.push({ sequence, index, source, target });
    return [source, target];
  }

  uncopy({ sequence, index, source, target }: Step["copied"][number]): void {
    const isThere = this.isHere(sequence) && sequence.table[index] === target;
    if (isThere) sequence.table[index] = source;
    this.release(isThere ? target : source);
  }

  /** First position that a token sees. */
  firstVisible(position: number): number {
    return this.sizes.windows[0] === null
      ? 0
      : Math.floor(Math.max(0, position - this.sizes.windows[0] + 1) / this.sizes.blockSize);
  }

  /** Gives back what no later token sees. */
  slide(sequence: Sequence, computed: number): void {
    if (sequence.host !== null) return;
    for (let index = 0; index < this.firstVisible(computed); index++) {
      if (sequence.table[index] !== NO_BLOCK) this.leaveWindow(sequence, index);
    }
  }

  leaveWindow(sequence: Sequence, index: number): void {
    this.release(sequence.table[index]);
    sequence.table[index] = NO_BLOCK;
  }

  truncate(sequence: Sequence, tokenCount: number): void {
    sequence.tokens.length = tokenCount;
    while (sequence.table.length > this.blocksFor(tokenCount)) this.release(sequence.table.pop()!);
  }

  drop(sequence: Sequence): void {
    if (sequence.host === null) this.releaseAll(sequence.table);
    else this.releaseHost(sequence.host);
  }

  /** A chain's tail first: it is evicted before its head. */
  releaseAll(table: readonly number[]): void {
    for (const block of table.toReversed()) if (block !== NO_BLOCK) this.release(block);
  }

  releaseHost(blocks: readonly number[]): void {
    for (const block of blocks) if (block !== NO_BLOCK) this.hostFree.push(block);
  }

  isHere(sequence: Sequence): boolean {
    return [...this.sequences.values()].includes(sequence);
  }
}

function newStep(): Step {
  return { rows: [], born: new Set(), keyed: [], sources: [], copied: [] };
}

function pairs(sources: readonly number[], targets: readonly number[]): BlockPair[] {
  return sources.map((source, index): BlockPair => [source, targets[index]]).filter(([source]) => source !== NO_BLOCK);
}
