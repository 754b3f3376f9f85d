import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ResponseRatios } from "../../../src/policies/queue/response-ratios.ts";
import type { RequestView } from "../../../src/request.ts";
import { requestOf } from "../../support/request-views.ts";

describe("ResponseRatios", () => {
  test("after any program, the highest is that of a scan of what is in", () => {
    const command = fc.record({
      kind: fc.constantFrom("add", "add", "remove", "length"),
      pick: fc.nat(200),
      arrival: fc.nat(20),
      length: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 150 }), (program) => {
        const ratios = new ResponseRatios();
        const model: { request: RequestView; arrival: number; length: number }[] = [];
        for (const [order, { kind, pick, arrival, length }] of program.entries()) {
          const item = model[pick % model.length];
          if (kind === "add") {
            model.push({ request: requestOf(order), arrival, length });
            ratios.add(model.at(-1)!.request, arrival, length);
          } else if (item !== undefined && kind === "remove") {
            ratios.remove(item.request);
            model.splice(model.indexOf(item), 1);
          } else if (item !== undefined) {
            expect(ratios.setLength(item.request, length)).toBe(item.length !== length);
            item.length = length;
          }
          const ratio = (each: (typeof model)[number]): number => (30 - each.arrival) / each.length;
          const best = model.toSorted((a, b) => ratio(b) - ratio(a) || a.request.order - b.request.order)[0];
          expect([ratios.size, ratios.highest(30)]).toEqual([model.length, best?.request]);
        }
      }),
    );
  });

  test("takes everybody in turn", () => {
    const ratios = new ResponseRatios();
    const requests = [0, 1, 2].map((order) => requestOf(order));
    for (const request of requests) ratios.add(request, 0, 1);
    const turns = Array.from({ length: 6 }, () => ratios.nextInTurn());
    expect(new Set(turns.slice(0, 3))).toEqual(new Set(requests));
    expect(turns.slice(3)).toEqual(turns.slice(0, 3));
  });

  test("refuses one twice, and one that is not in", () => {
    const ratios = new ResponseRatios();
    const request = requestOf(4);
    expect(() => ratios.remove(request)).toThrow("request 4 is not in the queue");
    ratios.add(request, 0, 1);
    expect(() => ratios.add(request, 0, 1)).toThrow("request 4 is in the queue already");
  });
});
