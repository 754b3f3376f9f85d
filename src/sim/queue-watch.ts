import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { RequestView } from "../request.ts";

/** The policy itself, and `onLeave` told of each request that leaves the queue: admitted, or ended there. */
export function watchQueue(policy: QueuePolicy, onLeave: (request: RequestView, now: number) => void): QueuePolicy {
  return {
    name: policy.name,
    get size() {
      return policy.size;
    },
    add: (request, now) => policy.add(request, now),
    remove(request, now) {
      policy.remove(request, now);
      onLeave(request, now);
    },
    next: (now) => policy.next(now),
    charge: policy.charge && ((request, promptTokens, outputTokens) => policy.charge!(request, promptTokens, outputTokens)),
    ended: policy.ended && ((request, now) => policy.ended!(request, now)),
  };
}
