import type { AllocatorCapabilities, AllocatorSizes, Domain } from "./allocator.ts";

/** A full block that was computed, with all that comes before it. */
export interface KnownBlock {
  readonly name: number;
  readonly tokens: readonly number[];
  readonly domain: Domain;
  /** The step that computed it first; null once that is done. */
  step: object | null;
  /** The allocator has to find it, unless it had to evict it. */
  promised: boolean;
}

/** Tokens that start alike. */
export function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

/** Whether sequences of these two domains may share. */
export function sameDomain(a: Domain, b: Domain): boolean {
  return a.salt === b.salt && a.adapterId === b.adapterId;
}

/** Most blocks kept that a lookup missed: more than a program of 60 commands computes. */
const MAX_MISSED = 1000;

/** Which full blocks a prefix cache can have: a list, gone through from end to end for every question. */
export class KnownBlocks {
  readonly byName = new Map<number, KnownBlock>();
  /**
   * Blocks that a lookup missed, until they are computed again. Where one is found nevertheless, that lookup was too
   * short.
   */
  readonly #missed = new Map<number, KnownBlock>();
  readonly #blockSize: number;
  readonly #capabilities: AllocatorCapabilities;
  /** In host memory a block may outlive its ancestors, and is found again when they have been computed again. */
  readonly #mayComeBack: boolean;

  constructor({ blockSize, hostBlockCount }: AllocatorSizes, capabilities: AllocatorCapabilities) {
    this.#blockSize = blockSize;
    this.#mayComeBack = capabilities.hostTier === true && hostBlockCount > 0;
    this.#capabilities = capabilities;
  }

  /** Full blocks that computing a sequence's tokens from position `from` makes or makes again. */
  learn(
    sequence: { readonly domain: Domain; readonly tokens: readonly number[]; readonly names: readonly number[] },
    from: number,
    step: object,
  ): KnownBlock[] {
    const { domain, tokens, names } = sequence;
    const size = this.#blockSize;
    const learned: KnownBlock[] = [];
    for (let end = Math.floor(from / size) * size + size; end <= tokens.length; end += size) {
      const name = names[end - 1];
      const block = this.byName.get(name) ?? { name, tokens: tokens.slice(0, end), domain, step, promised: false };
      this.byName.set(name, block);
      this.#missed.delete(name);
      learned.push(block);
    }
    return learned;
  }

  /** A running sequence computes the blocks: they can be found from now on. */
  share(blocks: readonly KnownBlock[]): void {
    if (this.#capabilities.sharesRunning === true) this.#promise(blocks);
  }

  /** A sequence gave its blocks back: computed blocks can be found from now on, uncomputed ones need not. */
  letGo(names: readonly number[]): void {
    for (let end = this.#blockSize; end <= names.length; end += this.#blockSize) {
      const block = this.byName.get(names[end - 1]);
      if (block === undefined) continue;
      if (block.step !== null) block.promised = false;
      else if (this.#capabilities.sharesRunning !== true) this.#promise([block]);
    }
  }

  /** Of a cache that is coarser than a block, only what a lookup has found is promised. */
  #promise(blocks: readonly KnownBlock[]): void {
    if (this.#capabilities.coarseCache !== true) for (const block of blocks) block.promised = true;
  }

  /** The step that computed the blocks is done. */
  commit(blocks: readonly KnownBlock[]): void {
    for (const block of blocks) block.step = null;
  }

  /** Blocks that only the failed step computed are nowhere; of others it is open whether an earlier copy is left. */
  rollback(step: { readonly blocks: readonly KnownBlock[] }): KnownBlock[] {
    const lost = step.blocks.filter((block) => block.step === step && this.byName.delete(block.name));
    for (const block of step.blocks) block.promised = false;
    return lost;
  }

  /** Asks the allocator for every block. Returns promised blocks that it no longer finds. */
  refresh(isFound: (block: KnownBlock) => boolean, isRunning: (block: KnownBlock) => boolean): KnownBlock[] {
    const gone: KnownBlock[] = [];
    for (const block of this.byName.values()) {
      if (isFound(block)) block.promised = true;
      else {
        if (block.promised) gone.push(block);
        block.promised = false;
        if (!this.#mayComeBack && !isRunning(block)) this.#miss(block);
      }
    }
    return gone;
  }

  #miss(block: KnownBlock): void {
    this.byName.delete(block.name);
    if (this.#missed.size < MAX_MISSED) this.#missed.set(block.name, block);
  }

  /** Most tokens of the beginning that are in blocks of this domain which a lookup missed. */
  mostMissed(tokens: readonly number[], domain: Domain): number {
    return this.#longest(this.#missed, tokens, (block) =>
      sameDomain(block.domain, domain) ? this.#capabilities.partialHits === true : null,
    );
  }

  /** Most tokens of the beginning that any cache can have: of this domain, or with `null` of any. */
  most(tokens: readonly number[], domain: Domain | null): number {
    return this.#longest(this.byName, tokens, (block) =>
      domain === null || sameDomain(block.domain, domain) ? this.#capabilities.partialHits === true : null,
    );
  }

  /**
   * Fewest tokens that the cache has to find: a part of a block only where `isCopyable`, as no step can copy what it
   * computes itself.
   */
  least(tokens: readonly number[], domain: Domain, isCopyable: (block: KnownBlock) => boolean): number {
    return this.#longest(this.byName, tokens, (block) =>
      block.promised && sameDomain(block.domain, domain) ? isCopyable(block) : null,
    );
  }

  /**
   * The longest common beginning with a block that counts (not null), cut to whole blocks where its parts do not
   * (false). The last token never counts.
   */
  #longest(
    blocks: ReadonlyMap<number, KnownBlock>,
    tokens: readonly number[],
    count: (block: KnownBlock) => boolean | null,
  ): number {
    const wanted = tokens.slice(0, -1);
    let longest = 0;
    for (const block of blocks.values()) {
      const parts = count(block);
      if (parts === null) continue;
      const length = commonLength(wanted, block.tokens);
      longest = Math.max(longest, parts ? length : length - (length % this.#blockSize));
    }
    return longest;
  }
}
