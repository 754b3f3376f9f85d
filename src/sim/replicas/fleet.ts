import { assert } from "../../assert.ts";
import { InvalidOptionError } from "../../errors.ts";
import type { Arrival, Workload } from "../arrival.ts";
import type { Policies, SimulationOptions } from "../options.ts";
import { Simulation } from "../simulation.ts";
import { Pending } from "../workloads/pending.ts";
import { roundRobin } from "./round-robin.ts";
import type { ReplicaView, RoutePolicy } from "./route-policy.ts";

/** Most replicas: one router and one thread simulate them all. */
export const MAX_REPLICAS = 256;

export interface FleetOptions extends Omit<SimulationOptions, "policies"> {
  /** Copies of the model, each on `gpus` GPUs. */
  readonly replicas: number;
  /** Default round-robin. */
  readonly route?: RoutePolicy;
  /** New policy objects, called once a replica. */
  readonly policiesOf?: () => Policies;
}

/** What the router has sent to one replica, which takes it at the times at which it came. */
class Routed implements Workload {
  readonly starved = false;
  readonly sharesPrefixes: boolean;
  readonly #source: Workload;
  readonly #sent = new Pending<Arrival>();

  constructor(source: Workload) {
    this.#source = source;
    this.sharesPrefixes = source.sharesPrefixes ?? true;
  }

  /** Sent, and not taken yet. */
  count = 0;

  get nextAt(): number {
    return this.#sent.nextAt;
  }

  send(arrival: Arrival): void {
    this.count++;
    this.#sent.add(arrival.at, arrival);
  }

  take(): Arrival {
    this.count--;
    return this.#sent.take();
  }

  /** Never starved: the router fills it. */
  async refill(): Promise<void> {}

  ended(arrival: Arrival, tokens: Int32Array | null, now: number): void {
    this.#source.ended?.(arrival, tokens, now);
  }
}

interface Replica extends ReplicaView {
  readonly simulation: Simulation;
  readonly inbox: Routed;
  isIdle: boolean;
}

/**
 * Several replicas on one virtual clock behind a router: each is a simulation of its own, and the replica that is
 * furthest behind moves. A request is routed once no replica is behind its arrival, so that the router sees all of them
 * as they are then, a step in flight included.
 */
export class Fleet {
  readonly simulations: readonly Simulation[];
  readonly #replicas: readonly Replica[];
  readonly #workload: Workload;
  readonly #route: RoutePolicy;
  readonly #maxArrivals: number;
  #taken = 0;

  /** Throws what `Simulation` throws, and `InvalidOptionError` for a number of replicas out of range. */
  constructor({
    replicas,
    route = roundRobin(),
    policiesOf = () => ({}),
    maxArrivals = Number.POSITIVE_INFINITY,
    workload,
    ...options
  }: FleetOptions) {
    if (!Number.isInteger(replicas) || replicas < 1 || replicas > MAX_REPLICAS) {
      throw new InvalidOptionError(`replicas must be an integer from 1 to ${MAX_REPLICAS}, got ${replicas}`);
    }
    this.#workload = workload;
    this.#route = route;
    this.#maxArrivals = maxArrivals;
    this.#replicas = Array.from({ length: replicas }, () =>
      replicaOf({ ...options, policies: policiesOf() }, workload),
    );
    this.simulations = this.#replicas.map(({ simulation }) => simulation);
  }

  /** Runs the workload to its end. Rejects with what the workload's `refill` rejects with. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#workload.starved && this.#taken < this.#maxArrivals) await this.#workload.refill();
      const nextAt = this.#taken < this.#maxArrivals ? this.#workload.nextAt : Number.POSITIVE_INFINITY;
      const behind = this.#furthestBehind();
      if (behind !== null && behind.simulation.now <= nextAt) behind.isIdle = !behind.simulation.advance();
      else if (nextAt < Number.POSITIVE_INFINITY) this.#send(this.#workload.take());
      else return;
    }
  }

  #send(arrival: Arrival): void {
    this.#taken++;
    const index = this.#route.route(arrival, this.#replicas);
    assert(
      index >= 0 && index < this.#replicas.length,
      () => `route ${this.#route.name} chose replica ${index} of ${this.#replicas.length}`,
    );
    this.#replicas[index].inbox.send(arrival);
    this.#replicas[index].isIdle = false;
  }

  /** Of the replicas with work; null without one. */
  #furthestBehind(): Replica | null {
    let found: Replica | null = null;
    for (const replica of this.#replicas) {
      if (!replica.isIdle && (found === null || replica.simulation.now < found.simulation.now)) found = replica;
    }
    return found;
  }
}

function replicaOf(options: Omit<SimulationOptions, "workload">, source: Workload): Replica {
  const inbox = new Routed(source);
  const simulation = new Simulation({ ...options, workload: inbox });
  return {
    simulation,
    inbox,
    isIdle: true,
    get requestCount() {
      return simulation.scheduler.size + inbox.count;
    },
    get heldBlocks() {
      return simulation.scheduler.kv.pool.heldCount;
    },
    get blockCount() {
      return simulation.config.blockCount;
    },
  };
}
