import type { RoutePolicy } from "./route-policy.ts";

/** Each replica in turn, whatever it has to do. */
export function roundRobin(): RoutePolicy {
  let next = 0;
  return { name: "round-robin", route: (_, replicas) => next++ % replicas.length };
}
