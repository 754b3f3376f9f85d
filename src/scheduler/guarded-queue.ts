import { InvalidPolicyError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import { Request } from "../request.ts";
import type { Listeners } from "./listeners.ts";
import { Sequence } from "./sequence.ts";

type Verb = "add" | "remove";

/**
 * A queue policy, whose calls may throw. A call that threw without effect, as the policy's `size` says, is made again
 * before the policy is asked for the next request: no request is lost to the order.
 *
 * Law: policy.size + additions missed - removals missed = size.
 */
export class GuardedQueue implements QueuePolicy {
  readonly name: string;
  /** Requests in the order. */
  size = 0;
  readonly begin?: QueuePolicy["begin"];
  readonly #policy: QueuePolicy;
  readonly #listeners: Listeners;
  /** What the policy has not heard of. */
  readonly #missed = new Map<Sequence, Verb>();
  /** What the policy's size should be. */
  #told = 0;

  constructor(policy: QueuePolicy, listeners: Listeners) {
    this.name = policy.name;
    this.begin = policy.begin?.bind(policy);
    this.#policy = policy;
    this.#listeners = listeners;
  }

  add(sequence: Sequence, now: number): void {
    this.size++;
    this.#tell("add", sequence, now);
  }

  remove(sequence: Sequence, now: number): void {
    this.size--;
    this.#tell("remove", sequence, now);
  }

  /** The request, which is not in, never comes back. */
  ended(sequence: Sequence, now: number): void {
    if (this.#missed.delete(sequence)) this.#tell("remove", sequence, now);
    this.#missed.delete(sequence);
    try {
      this.#policy.ended?.(sequence, now);
    } catch (error) {
      this.#listeners.keep(error);
    }
  }

  /** The request that comes next; undefined where none is in. Throws `InvalidPolicyError` for any other answer. */
  next(now: number): Sequence | undefined {
    if (this.#missed.size > 0) this.#tellAgain(now);
    const sequence: unknown = this.#policy.next(now);
    const isIn = sequence instanceof Sequence && sequence.isQueued;
    if (this.#policy.size !== this.size || isIn !== this.size > 0) {
      const { name, size } = this.#policy;
      throw new InvalidPolicyError(
        `queue policy ${name} has ${size} requests and named ${nameOf(sequence)}, ${this.size} wait`,
      );
    }
    return sequence as Sequence | undefined;
  }

  #tell(verb: Verb, sequence: Sequence, now: number): void {
    // An addition and a removal that the policy both missed are nothing to it.
    if (this.#missed.size > 0 && this.#missed.delete(sequence)) return;
    const before = this.#told;
    const after = verb === "add" ? before + 1 : before - 1;
    this.#told = after;
    try {
      this.#policy[verb](sequence, now);
    } catch (error) {
      this.#listeners.keep(error);
      if (this.#sizeNow() === after) return;
      this.#told = before;
      this.#missed.set(sequence, verb);
    }
  }

  #tellAgain(now: number): void {
    const missed = [...this.#missed];
    this.#missed.clear();
    for (const [sequence, verb] of missed) this.#tell(verb, sequence, now);
    if (this.#missed.size > 0) this.#listeners.rethrow();
  }

  #sizeNow(): number | undefined {
    try {
      return this.#policy.size;
    } catch {
      return undefined;
    }
  }
}

/** What a policy named in the place of a request, for people. */
export function nameOf(request: unknown): string {
  if (request instanceof Request) return `request ${String(request.id)}, which is ${request.state}`;
  return request === undefined ? "no request" : `${shown(request)}, which is no request`;
}
