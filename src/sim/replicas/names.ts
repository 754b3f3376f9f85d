import { unknownName } from "../../unknown-name.ts";
import { leastLoaded } from "./least-loaded.ts";
import { prefixAware } from "./prefix-aware.ts";
import { roundRobin } from "./round-robin.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** By the names that commands take. A policy keeps state: it serves one run. */
export const ROUTES: ReadonlyMap<string, () => RoutePolicy> = new Map([
  ["round-robin", roundRobin],
  ["least-loaded", leastLoaded],
  ["prefix-aware", prefixAware],
]);

/** Throws `InvalidOptionError` that lists the names that there are. */
export function routeNamed(name: string): RoutePolicy {
  const make = ROUTES.get(name);
  if (make === undefined) throw unknownName("route", name, ROUTES.keys());
  return make();
}
