import { expect, test } from "vitest";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { vtc } from "../../src/policies/queue/vtc.ts";
import { policyConformance } from "../../src/testing/index.ts";
import { drawRequest } from "../../src/testing/policy-cases/policy-case.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { watchedQueue } from "../../src/testing/watched-queue.ts";

test("tells of each request that enters, and is the queue behind it otherwise", async () => {
  const seen: unknown[] = [];
  const queue = watchedQueue(fcfs(), (request) => seen.push(request));
  const request = drawRequest(new SeededRandom(1), 0);
  queue.add(request, 0);
  expect([seen, queue.size, queue.next(0), queue.name]).toEqual([[request], 1, request, "fcfs"]);
  queue.remove(request, 0);
  expect(queue.size).toBe(0);
  for (const each of policyConformance({ queue: () => watchedQueue(vtc(), () => {}) }, { seeds: 3 })) await each.run();
});

test("has the optional hooks of the queue behind it, and no others", () => {
  const hooks = (queue: ReturnType<typeof fcfs>) =>
    (["attach", "begin", "charge", "ended"] as const).map((name) => queue[name] !== undefined);
  for (const make of [fcfs, () => vtc()]) expect(hooks(watchedQueue(make(), () => {}))).toEqual(hooks(make()));
});
