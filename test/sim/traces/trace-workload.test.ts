import fc from "fast-check";
import { expect, test } from "vitest";
import type { Arrival } from "../../../src/sim/arrival.ts";
import { TraceWorkload } from "../../../src/sim/traces/trace-workload.ts";

const ROWS = Array.from({ length: 9 }, (_, i) => `2023-11-16 18:15:4${i},${i + 1},${2 * i + 1}`);
const TEXT = `TIMESTAMP,ContextTokens,GeneratedTokens\r\n${ROWS.join("\r\n")}\r\n`;

async function read(pieces: readonly string[]): Promise<Arrival[]> {
  const workload = new TraceWorkload(
    "t.csv",
    (async function* () {
      yield* pieces;
    })(),
  );
  const arrivals: Arrival[] = [];
  for (;;) {
    while (workload.starved) await workload.refill();
    if (workload.nextAt === Number.POSITIVE_INFINITY) return arrivals;
    expect(workload.nextAt).toBe(arrivals.length);
    arrivals.push(workload.take());
  }
}

test("rows are the same wherever the text is cut", async () => {
  const whole = await read([TEXT]);
  expect(whole).toHaveLength(9);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: TEXT.length }), { maxLength: 6 }), async (cuts) => {
      const ends = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
      expect(await read(ends.slice(1).map((end, i) => TEXT.slice(ends[i], end)))).toEqual(whole);
    }),
  );
});

test("nothing is read before it is asked for", async () => {
  let given = 0;
  const workload = new TraceWorkload(
    "t.csv",
    (async function* () {
      for (const line of TEXT.split("\n")) {
        given++;
        yield `${line}\n`;
      }
    })(),
  );
  expect(given).toBe(0);
  while (workload.starved) await workload.refill();
  expect(given).toBe(2);
});
