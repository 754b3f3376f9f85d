import type { ReplicaView, RoutePolicy } from "./route-policy.ts";

/** The replica with the fewest requests; of equal ones the one with fewer blocks held, then the first. */
export function leastLoaded(): RoutePolicy {
  return { name: "least-loaded", route: (_, replicas) => leastOf(replicas) };
}

export function leastOf(replicas: readonly ReplicaView[]): number {
  let least = 0;
  for (let i = 1; i < replicas.length; i++) if (isLess(replicas[i], replicas[least])) least = i;
  return least;
}

function isLess(a: ReplicaView, b: ReplicaView): boolean {
  return a.requestCount < b.requestCount || (a.requestCount === b.requestCount && a.heldBlocks < b.heldBlocks);
}
