import type { Arrival } from "../arrival.ts";

/** What a router sees of a replica, as its own metrics would tell it. */
export interface ReplicaView {
  /** Requests that wait or run. */
  readonly requestCount: number;
  readonly heldBlocks: number;
  readonly blockCount: number;
}

/**
 * Which replica a request goes to. Called once a request, in order of arrival; may keep what it learns.
 * Law: 0 <= the answer < replicas.length.
 */
export interface RoutePolicy {
  readonly name: string;
  route(arrival: Arrival, replicas: readonly ReplicaView[]): number;
}
