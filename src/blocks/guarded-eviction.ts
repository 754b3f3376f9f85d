import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "./eviction.ts";

/**
 * An eviction policy, whose calls may throw. `onError` takes the error, so that the change of the cache around the call
 * is completed. What the policy knows is stale from then on: it hears of nothing more, and begins anew before the next
 * victim.
 */
export class GuardedEviction {
  readonly name: string;
  readonly add: (block: number) => void;
  readonly remove: (block: number) => void;
  readonly hit: ((block: number) => void) | undefined;
  readonly becameLeaf: ((block: number) => void) | undefined;
  readonly dropped: ((block: number) => void) | undefined;
  readonly advance: ((now: number) => void) | undefined;
  readonly retain: ((block: number, priority: number, until: number) => void) | undefined;
  readonly #policy: EvictionPolicy;
  readonly #onError: (error: unknown) => void;
  readonly #storage: EvictionStorage;
  readonly #blocks: CachedBlocks & { cached(): Iterable<number> };
  #isStale = false;

  /** Attaches the policy. `blocks.cached`: the cached blocks, children before parents. */
  constructor(
    policy: EvictionPolicy,
    storage: EvictionStorage,
    blocks: CachedBlocks & { cached(): Iterable<number> },
    onError: (error: unknown) => void,
  ) {
    this.name = policy.name;
    this.#policy = policy;
    this.#storage = storage;
    this.#blocks = blocks;
    this.#onError = onError;
    this.add = this.#guard(policy.add.bind(policy));
    this.remove = this.#guard(policy.remove.bind(policy));
    this.hit = policy.hit && this.#guard(policy.hit.bind(policy));
    this.becameLeaf = policy.becameLeaf && this.#guard(policy.becameLeaf.bind(policy));
    this.dropped = policy.dropped && this.#guard(policy.dropped.bind(policy));
    this.advance = policy.advance && this.#guard(policy.advance.bind(policy));
    this.retain = policy.retain && this.#guard(policy.retain.bind(policy));
    policy.attach(storage, blocks);
  }

  /** The policy's answer, whatever it is. */
  victim(): unknown {
    if (this.#isStale) {
      this.#policy.attach(this.#storage, this.#blocks);
      for (const block of this.#blocks.cached()) this.#policy.add(block);
      this.#isStale = false;
    }
    try {
      return this.#policy.victim();
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #guard<A extends number[]>(tell: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.#isStale) return;
      try {
        tell(...args);
      } catch (error) {
        this.#isStale = true;
        this.#onError(error);
      }
    };
  }
}
