import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import type { RequestView } from "../request.ts";

/**
 * A queue that tells of each request that enters it. It has the optional hooks that the queue behind it has, and no
 * others.
 */
export function watchedQueue(queue: QueuePolicy, onAdd: (request: RequestView) => void): QueuePolicy {
  const watched: QueuePolicy = {
    name: queue.name,
    get size() {
      return queue.size;
    },
    add(request, now) {
      onAdd(request);
      queue.add(request, now);
    },
    remove: (request, now) => queue.remove(request, now),
    next: (now) => queue.next(now),
  };
  if (queue.attach !== undefined) watched.attach = (cache) => queue.attach!(cache);
  if (queue.begin !== undefined) watched.begin = (now) => queue.begin!(now);
  if (queue.charge !== undefined) {
    watched.charge = (request, promptTokens, outputTokens) => queue.charge!(request, promptTokens, outputTokens);
  }
  if (queue.ended !== undefined) watched.ended = (request, now) => queue.ended!(request, now);
  return watched;
}
