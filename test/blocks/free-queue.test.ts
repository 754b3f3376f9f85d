import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBlockLinks, FreeQueue } from "../../src/blocks/free-queue.ts";

const BLOCKS = 12;

/** Which queue, what, and with which block. */
const commands = fc.array(fc.record({ queue: fc.constantFrom(0, 1), verb: fc.constantFrom("pushBack", "pushFront", "remove"), block: fc.integer({ min: 1, max: BLOCKS }) }), { maxLength: 200 });

describe("FreeQueue", () => {
  test("two queues on the same links equal two arrays, after any program", () => {
    fc.assert(
      fc.property(commands, (program) => {
        const links = createBlockLinks(BLOCKS);
        const queues = [new FreeQueue(links, 0), new FreeQueue(links, 1)];
        const models: number[][] = [[], []];
        for (const { queue, verb, block } of program) {
          const inside = models.findIndex((model) => model.includes(block));
          if (verb === "remove" ? inside !== queue : inside !== -1) continue;
          queues[queue][verb as "pushBack"](block);
          if (verb === "pushBack") models[queue].push(block);
          else if (verb === "pushFront") models[queue].unshift(block);
          else models[queue].splice(models[queue].indexOf(block), 1);
          for (const i of [0, 1]) {
            expect([...queues[i]]).toEqual(models[i]);
            expect(queues[i].size).toBe(models[i].length);
            if (models[i].length > 0) expect(queues[i].first).toBe(models[i][0]);
          }
        }
      }),
    );
  });

  test("takes blocks out of the front, the middle and the end", () => {
    const queue = new FreeQueue(createBlockLinks(5), 0);
    for (const block of [1, 2, 3, 4, 5]) queue.pushBack(block);
    for (const block of [3, 1, 5]) queue.remove(block);
    expect([[...queue], queue.size, queue.first]).toEqual([[2, 4], 2, 2]);
  });

  test("costs 8 bytes a block, and a few for the ends", () => {
    const { next, prev } = createBlockLinks(1000);
    expect(next.byteLength + prev.byteLength - 8 * 1000).toBe(24);
  });
});
