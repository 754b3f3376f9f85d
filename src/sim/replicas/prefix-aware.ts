import type { Arrival } from "../arrival.ts";
import { leastOf } from "./least-loaded.ts";
import type { ReplicaView, RoutePolicy } from "./route-policy.ts";

/** Beginnings that are remembered: the oldest are forgotten first. 2^20 of them take some 100 MB. */
const MAX_BEGINNINGS = 2 ** 20;

/** Tokens of a session's history that one beginning stands for. */
const HISTORY_TOKENS = 256;

/**
 * Weight of the share of the prompt that a replica may have, beside that of its free room: llm-d's default is 2 to 1.
 */
const PREFIX_WEIGHT = 2;

/**
 * Sends a request where its beginning was sent last, unless that replica is much busier: the greatest sum of twice the
 * share of the prompt that was seen there and the share of requests that the replica has fewer than the busiest. It
 * remembers what it sent, not what is still cached. Source: llm-d's inference scheduler (approximate prefix and queue
 * scorers).
 */
export function prefixAware(): RoutePolicy {
  const sentTo = new Map<number, number>();
  return {
    name: "prefix-aware",
    route(arrival, replicas) {
      const keys = beginningsOf(arrival);
      const seen = sharesSeen(keys, sentTo, replicas.length);
      const chosen = bestOf(replicas, seen);
      for (const key of keys) remember(sentTo, key, chosen);
      return chosen;
    },
  };
}

/** [replicas] share of the beginnings that each was sent last, as far as they follow each other from the first on. */
function sharesSeen(keys: readonly number[], sentTo: ReadonlyMap<number, number>, replicaCount: number): Float64Array {
  const seen = new Float64Array(replicaCount);
  const first = keys.length === 0 ? undefined : sentTo.get(keys[0]);
  if (first === undefined) return seen;
  let count = 0;
  while (count < keys.length && sentTo.get(keys[count]) === first) count++;
  seen[first] = count / keys.length;
  return seen;
}

function bestOf(replicas: readonly ReplicaView[], seen: Float64Array): number {
  const busiest = Math.max(1, ...replicas.map((replica) => replica.requestCount));
  let best = leastOf(replicas);
  const scoreOf = (index: number): number => PREFIX_WEIGHT * seen[index] + 1 - replicas[index].requestCount / busiest;
  for (let i = 0; i < replicas.length; i++) if (scoreOf(i) > scoreOf(best)) best = i;
  return best;
}

function remember(sentTo: Map<number, number>, key: number, replica: number): void {
  sentTo.delete(key);
  sentTo.set(key, replica);
  if (sentTo.size > MAX_BEGINNINGS) sentTo.delete(sentTo.keys().next().value!);
}

/** A number for each beginning of a prompt that others may share, shortest first. */
function beginningsOf({ history, pieces = [] }: Arrival): number[] {
  const keys: number[] = [];
  let key = 0x9e3779b9;
  const add = (value: number): void =>
    void (key = Math.imul(key ^ value ^ (value / 2 ** 32), 0x85ebca6b) ^ (key >>> 15));
  for (let i = 0; history !== undefined && i < history.length; i++) {
    add(history[i]);
    if ((i + 1) % HISTORY_TOKENS === 0 || i === history.length - 1) keys.push(key);
  }
  for (const piece of pieces) {
    add(piece);
    keys.push(key);
  }
  return keys;
}
