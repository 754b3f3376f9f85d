/** Events as vLLM writes them (0.24 and later): maps with a `type`, in which defaults are left out. */

/** Where a copy is, by vLLM's names: the device's memory is "GPU", whatever the device. */
export type Medium = "GPU" | "CPU";

export interface BlockStored {
  readonly type: "BlockStored";
  /** A chain: each is the parent of the next. */
  readonly block_hashes: bigint[];
  readonly parent_block_hash: bigint | null;
  /** [block_hashes.length * block_size] */
  readonly token_ids: number[];
  readonly block_size: number;
  /** The adapter's id, null without one. */
  readonly lora_id: number | null;
  readonly medium: Medium;
  readonly lora_name: null;
  /** The block group, where it is not the first. */
  readonly group_idx?: number;
}

export interface BlockRemoved {
  readonly type: "BlockRemoved";
  readonly block_hashes: bigint[];
  readonly medium: Medium;
  readonly group_idx?: number;
}

export interface AllBlocksCleared {
  readonly type: "AllBlocksCleared";
}

export type WireEvent = BlockStored | BlockRemoved | AllBlocksCleared;
