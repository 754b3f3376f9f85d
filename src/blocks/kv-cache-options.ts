import {
  MAX_BLOCK_SIZE,
  MAX_BLOCKS,
  MAX_CONTEXT_LENGTH,
  MAX_REQUESTS,
  MAX_SLOTS,
  MAX_TOKEN_BUDGET,
} from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { checkOptions, integerOption, type OptionKind, shown } from "../option-checks.ts";
import type { BlockHash } from "./block-hash.ts";
import type { KvEvent } from "./events.ts";
import type { EvictionPolicy } from "./eviction.ts";

export interface KvCacheOptions {
  /** Usable blocks, ids 1..blockCount. */
  readonly blockCount: number;
  /** Tokens a block. */
  readonly blockSize: number;
  /** Requests that hold blocks at a time: slots are below it. Default 256. */
  readonly slotCount?: number;
  /** Most tokens of one step: a window's table has room for the tokens of the plans in flight. Default 512. */
  readonly maxTokens?: number;
  /**
   * One block table a group and request; `window` in tokens, `null` where layers see every position. Default: one such
   * group.
   */
  readonly groups?: readonly { readonly window: number | null }[];
  readonly eviction: EvictionPolicy;
  /** Only finds candidates; a constant one is slow and right. */
  readonly hash?: BlockHash;
  /** Blocks of host memory that evicted blocks are swapped out to. Default 0. */
  readonly hostBlockCount?: number;
  /** Whether swapping this cached block out and in again is cheaper than computing it again. Default: always. */
  readonly worthSwapping?: (block: number) => boolean;
  /** Told of each cached block that is given up for a new holder. */
  readonly onEvict?: (block: number) => void;
  /** Takes the events of what can be matched, in order, each after the step that made it true. */
  readonly onEvent?: (event: KvEvent) => void;
  /**
   * Takes what the eviction policy or the hash throws in the midst of a change, which is then completed. Default: the
   * call that made the change throws it, and leaves the change half done.
   */
  readonly onError?: (error: unknown) => void;
}

const KINDS: Readonly<Record<keyof KvCacheOptions, OptionKind>> = {
  blockCount: "other",
  blockSize: "other",
  slotCount: "other",
  maxTokens: "other",
  groups: "other",
  eviction: ["attach", "add", "remove", "victim"],
  hash: "function",
  hostBlockCount: "other",
  worthSwapping: "function",
  onEvict: "function",
  onEvent: "function",
  onError: "function",
};

/** Throws `InvalidOptionError` that names the option. */
export function checkKvCacheOptions(options: KvCacheOptions): void {
  checkOptions(options, KINDS);
  checkSizes(options);
  const { slotCount, maxTokens } = options;
  if (slotCount !== undefined) integerOption("slotCount", slotCount, { least: 1, most: MAX_REQUESTS });
  if (maxTokens !== undefined) integerOption("maxTokens", maxTokens, { least: 1, most: MAX_TOKEN_BUDGET });
}

/** Throws `InvalidOptionError` that names the size, or the group, that cannot be used. */
export function checkSizes({
  blockCount,
  blockSize,
  hostBlockCount,
  groups,
}: Pick<KvCacheOptions, "blockCount" | "blockSize" | "hostBlockCount" | "groups">): void {
  integerOption("blockSize", blockSize, { least: 1, most: MAX_BLOCK_SIZE });
  integerOption("blockCount", blockCount, { least: 1, most: MAX_BLOCKS });
  if ((blockCount + 1) * blockSize > MAX_SLOTS) {
    throw new InvalidOptionError(`blockCount ${blockCount} of blockSize ${blockSize} is beyond ${MAX_SLOTS} slots`);
  }
  if (hostBlockCount !== undefined) integerOption("hostBlockCount", hostBlockCount, { least: 0, most: MAX_BLOCKS });
  if (groups !== undefined) checkGroups(groups);
}

function checkGroups(groups: unknown): void {
  if (!Array.isArray(groups) || groups.length === 0) {
    throw new InvalidOptionError(`groups must be an array of one group at least, got ${shown(groups)}`);
  }
  for (const [i, group] of groups.entries()) {
    if (group === null || typeof group !== "object") {
      throw new InvalidOptionError(`groups[${i}] must be an object, got ${shown(group)}`);
    }
    const { window } = group as { readonly window?: unknown };
    if (window === null) continue;
    integerOption(`groups[${i}].window`, window, { least: 1, most: MAX_CONTEXT_LENGTH, orElse: "null or " });
  }
}
