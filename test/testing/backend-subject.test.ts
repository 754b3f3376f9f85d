import { expect, test } from "vitest";
import { BackendSubject } from "../../src/testing/backend-subject.ts";
import type { FaultRequest } from "../../src/testing/fault-subject.ts";
import { PlanDriver } from "../../src/testing/index.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { ToyBackend } from "../support/toy-backend.ts";

/** All requests of a seed, on backends that are counted. */
async function drawAll(seed: number) {
  let open = 0;
  const subject = await BackendSubject.make(new SeededRandom(seed), {
    blockSizes: [4],
    make: (sizes) => {
      open++;
      const backend = new ToyBackend(sizes);
      const dispose = backend.dispose.bind(backend);
      backend.dispose = () => {
        open--;
        return dispose();
      };
      return backend;
    },
  });
  const requests: FaultRequest[] = [];
  while (subject.drawnCount < subject.requestCount) requests.push(subject.drawRequest());
  return { subject, requests, open };
}

test("a seed decides sizes and requests; the backend for the answers is given back", async () => {
  const { subject, requests, open } = await drawAll(5);
  expect(open).toBe(1);
  const again = await drawAll(5);
  expect(again.requests).toEqual(requests);
  expect(again.subject.info).toEqual(subject.info);
  expect((await drawAll(6)).requests).not.toEqual(requests);
});

test("answers are what a request gets alone, up to its stop id", async () => {
  const { requests } = await drawAll(5);
  const sizes = { blockCount: 40, blockSize: 4, maxTokens: 64, maxRequests: 1, hostBlockCount: 0, keepLogits: false };
  for (const { input, answers } of requests) {
    for (const [choice, { tokenIds, reason }] of answers.entries()) {
      const driver = new PlanDriver(new ToyBackend(sizes));
      const sequence = driver.start(input.promptTokenIds, { sampling: input.sampling, choice });
      const got: number[] = [];
      while (got.length < tokenIds.length) got.push((await driver.step([{ sequence }]))[0].tokenId);
      expect(got).toEqual(tokenIds);
      expect(reason).toBe(input.stopTokenIds?.includes(tokenIds.at(-1)!) === true ? "stop" : "length");
    }
  }
});
