import type { AllocatorSizes, BlockCounts, Domain } from "../../src/testing/index.ts";

/** What makes a block findable: the whole beginning that it ends. */
export interface Key {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly domain: Domain;
}

/**
 * The blocks of `PagedAllocator`: who holds them, which can be found by their beginning, which goes first when none is
 * free.
 */
export class PagedBlocks {
  readonly sizes: AllocatorSizes;
  readonly unused: number[];
  readonly references: number[];
  /** Held by nobody; the next to be evicted first. */
  readonly cached = new Set<number>();
  readonly keys = new Map<number, Key>();
  readonly byKey = new Map<string, Set<number>>();

  constructor(sizes: AllocatorSizes) {
    this.sizes = sizes;
    this.unused = Array.from({ length: sizes.blockCount }, (_, block) => block);
    this.references = Array.from({ length: sizes.blockCount }, () => 0);
  }

  stats(): BlockCounts {
    return {
      free: this.unused.length,
      cached: this.cached.size,
      held: this.references.filter((count) => count > 0).length,
    };
  }

  /** Free blocks, and cached ones after an eviction each. */
  get available(): number {
    return this.unused.length + this.cached.size;
  }

  acquire(): number {
    if (this.unused.length === 0) this.evict();
    const block = this.unused.shift()!;
    this.references[block] = 1;
    return block;
  }

  evict(): void {
    const [victim] = this.cached;
    this.unkey(victim);
  }

  share(block: number): void {
    this.references[block]++;
    this.cached.delete(block);
  }

  release(block: number): void {
    if (--this.references[block] > 0) return;
    if (this.keys.has(block)) this.cached.add(block);
    else this.unused.push(block);
  }

  keyText(tokens: readonly number[], domain: Domain): string {
    return JSON.stringify([domain.salt, domain.adapterId, tokens]);
  }

  find(tokens: readonly number[], domain: Domain): number | undefined {
    return this.byKey.get(this.keyText(tokens, domain))?.values().next().value;
  }

  key(block: number, key: Key): void {
    this.keys.set(block, key);
    this.byKey.set(key.text, (this.byKey.get(key.text) ?? new Set()).add(block));
  }

  unkey(block: number): void {
    const key = this.keys.get(block);
    if (key === undefined) return;
    this.keys.delete(block);
    const blocks = this.byKey.get(key.text)!;
    blocks.delete(block);
    if (blocks.size === 0) this.byKey.delete(key.text);
    if (this.cached.delete(block)) this.unused.push(block);
  }
}
