import fc from "fast-check";
import { expect, test } from "vitest";
import { fcfs } from "../../../src/index.ts";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import { requests } from "../../../src/testing/index.ts";

test("requests come in order, with ids of their own, and every scheduler takes them", () => {
  fc.assert(
    fc.property(requests(fc, { count: 6, salts: ["", "a"], adapterIds: [0, 3] }), (list) => {
      const scheduler = new Scheduler({
        blockCount: 64,
        blockSize: 2,
        maxRequests: 8,
        tokenBudget: 16,
        contextLength: 64,
        queue: fcfs(),
      });
      expect(list.map(({ request }) => request.id)).toEqual(list.map((_, index) => index));
      expect(list.map(({ at }) => at)).toEqual(list.map(({ at }) => at).toSorted((a, b) => a - b));
      for (const { at, request } of list) {
        expect(["", "a"]).toContain(request.cacheSalt);
        expect([0, 3]).toContain(request.adapterId);
        scheduler.submit(request, at);
      }
      expect(scheduler.size).toBe(list.length);
    }),
  );
});
