import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { RequestView } from "../request.ts";

export interface QueueWatcher {
  /** A new or preempted request. */
  enters(request: RequestView, now: number): void;
  /** Admitted, or ended while it waited. */
  leaves(request: RequestView, now: number): void;
}

/** Every member, so that a new member of the interface is a type error here. */
type Every<T> = { [K in keyof Required<T>]: T[K] };

/** The policy, with a listener for each request that enters or leaves its queue. */
export function watchQueue(policy: QueuePolicy, watcher: QueueWatcher): QueuePolicy {
  const watched: Every<QueuePolicy> = {
    name: policy.name,
    get size() {
      return policy.size;
    },
    preemption: policy.preemption && (() => policy.preemption!()),
    attach: policy.attach && ((cache) => policy.attach!(cache)),
    begin: policy.begin && ((now) => policy.begin!(now)),
    add(request, now) {
      policy.add(request, now);
      watcher.enters(request, now);
    },
    remove(request, now) {
      policy.remove(request, now);
      watcher.leaves(request, now);
    },
    next: (now) => policy.next(now),
    charge:
      policy.charge && ((request, promptTokens, outputTokens) => policy.charge!(request, promptTokens, outputTokens)),
    ended: policy.ended && ((request, now) => policy.ended!(request, now)),
  };
  return watched;
}
