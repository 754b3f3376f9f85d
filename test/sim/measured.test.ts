import { expect, test } from "vitest";
import { MeasuredRequests } from "../../src/sim/measured.ts";

const arrival = (at: number, ttftSeconds: number, e2eSeconds: number, outputTokens = 11) => ({
  at,
  promptTokens: 100,
  outputTokens,
  measured: { ttftSeconds, e2eSeconds },
});

test("means, rates and the time a token are those of the requests with measured times", () => {
  const measured = new MeasuredRequests();
  measured.add(arrival(5, 1, 3));
  measured.add(arrival(7, 2, 8));
  measured.add({ at: 0, promptTokens: 9, outputTokens: 9 });
  const { requests, durationSeconds, throughput, ttftSeconds, tpotSeconds, e2eSeconds } = measured.summary();
  expect([requests, durationSeconds]).toEqual([2, 10]);
  expect(throughput).toEqual({
    requestsPerSecond: 0.2,
    outputTokensPerSecond: 2.2,
    totalTokensPerSecond: 22.2,
  });
  expect([ttftSeconds.mean, e2eSeconds.mean]).toEqual([1.5, 5.5]);
  expect(tpotSeconds.mean).toBeCloseTo(0.4);
});

test("an answer of one token has no time a token; merged halves are the whole", () => {
  const [a, b, whole] = [new MeasuredRequests(), new MeasuredRequests(), new MeasuredRequests()];
  a.add(arrival(1, 1, 1, 1));
  b.add(arrival(2, 0.5, 2));
  for (const each of [arrival(1, 1, 1, 1), arrival(2, 0.5, 2)]) whole.add(each);
  expect(a.summary().tpotSeconds.mean).toBeNull();
  a.merge(b);
  expect(a.summary()).toEqual(whole.summary());
});
