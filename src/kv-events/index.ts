/**
 * `bstar/kv-events`: what the prefix cache holds, told over ZMQ to routers that send requests where their prefix is.
 */
export { blockHash, type HashDomain } from "./block-hash.ts";
export {
  createKvEventPublisher,
  DEFAULT_KV_ENDPOINT,
  DEFAULT_KV_REPLAY_ENDPOINT,
  type KvEventOptions,
  type KvEventPublisher,
} from "./publisher.ts";
export type { AllBlocksCleared, BlockRemoved, BlockStored, Medium, WireEvent } from "./wire-events.ts";
