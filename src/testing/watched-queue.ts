import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { RequestView } from "../request.ts";

/** A queue that tells of each request that enters it. It has the optional hooks that the queue behind it has, and no others. */
export function watchedQueue(queue: QueuePolicy, onAdd: (request: RequestView) => void): QueuePolicy {
  const { attach, begin, charge, ended } = queue;
  return {
    name: queue.name,
    get size() {
      return queue.size;
    },
    attach: attach && ((cache) => attach.call(queue, cache)),
    begin: begin && ((now) => begin.call(queue, now)),
    add(request, now) {
      onAdd(request);
      queue.add(request, now);
    },
    remove: (request, now) => queue.remove(request, now),
    next: (now) => queue.next(now),
    charge: charge && ((request, promptTokens, outputTokens) => charge.call(queue, request, promptTokens, outputTokens)),
    ended: ended && ((request, now) => ended.call(queue, request, now)),
  };
}
