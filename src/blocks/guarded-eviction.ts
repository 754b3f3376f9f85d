import { InvalidPolicyError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import type { CachedBlocks, EvictionPolicy, EvictionStorage } from "./eviction.ts";

/** An eviction policy that is attached to its cache. */
export type AttachedEviction = Omit<EvictionPolicy, "attach">;

/** What the guard asks of the cache. */
interface GuardedBlocks extends CachedBlocks {
  /** The cached blocks, children before parents. */
  cached(): Iterable<number>;
  isCached(block: number): boolean;
}

/**
 * An eviction policy, whose calls may throw. `onError` takes the error, so that the change of the cache around the call
 * is completed. What the policy knows is stale from then on: it hears of nothing more, and begins anew before the next
 * victim.
 */
export class GuardedEviction implements AttachedEviction {
  readonly name: string;
  readonly add: (block: number) => void;
  readonly remove: (block: number) => void;
  readonly hit?: (block: number) => void;
  readonly becameLeaf?: (block: number) => void;
  readonly dropped?: (block: number) => void;
  readonly advance?: (now: number) => void;
  readonly retain?: (block: number, priority: number, until: number) => void;
  readonly #policy: EvictionPolicy;
  readonly #onError: (error: unknown) => void;
  readonly #storage: EvictionStorage;
  readonly #blocks: GuardedBlocks;
  #isStale = false;

  /** Attaches the policy. */
  constructor(
    policy: EvictionPolicy,
    storage: EvictionStorage,
    blocks: GuardedBlocks,
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

  /** Throws `InvalidPolicyError` if the policy names a block that is not cached. */
  victim(): number {
    if (this.#isStale) {
      this.#policy.attach(this.#storage, this.#blocks);
      for (const block of this.#blocks.cached()) this.#policy.add(block);
      this.#isStale = false;
    }
    const block: unknown = this.#answer();
    // "3" and 3n would be read as 3.
    if (Number.isInteger(block) && this.#blocks.isCached(block as number)) return block as number;
    throw new InvalidPolicyError(`eviction policy ${this.name} named block ${shown(block)}, which is not cached`);
  }

  #answer(): number {
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
