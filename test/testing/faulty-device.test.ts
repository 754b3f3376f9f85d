import { expect, test } from "vitest";
import { DeviceLostError, DisposedError } from "../../src/errors.ts";
import { nextToken } from "../../src/testing/context-device.ts";
import { FaultyDevice } from "../../src/testing/faulty-device.ts";
import { makePlan } from "../../src/testing/make-plan.ts";

const INFO = {
  name: "faulty",
  blockCount: 4,
  hostBlockCount: 0,
  blockSize: 2,
  maxTokens: 8,
  maxRequests: 2,
  contextLength: 8,
  vocabSize: 100,
  bytesPerBlock: 1,
  groups: [{ window: null }],
};

const prompt = (index: number) =>
  makePlan(index, 2, [{ slot: 0, tokenIds: [5, 6], position: 0, tables: [[1]], sampled: [1] }]);
const decode = (index: number, tokenId: number) =>
  makePlan(index, 2, [{ slot: 0, tokenIds: [tokenId], position: 2, tables: [[1, 2]], sampled: [0] }]);

test("a step ends when it is told to, with a function of its context", async () => {
  const device = new FaultyDevice(INFO);
  const result = device.execute(prompt(0));
  expect(device.pendingCount).toBe(1);
  device.end("done");
  expect((await result).tokenIds[0]).toBe(nextToken([5, 6]));
});

test("a failed step takes the one behind it along, and what they wrote cannot be read", async () => {
  const device = new FaultyDevice(INFO);
  const steps = [device.execute(prompt(0)), device.execute(decode(1, ~0))];
  device.end("failed");
  for (const outcome of await Promise.allSettled(steps)) expect(outcome.status).toBe("rejected");
  expect(() => device.execute(decode(1, 7))).toThrow("holds position -1, not 0");
});

test("a lost device says so, and refuses what comes after", async () => {
  const device = new FaultyDevice(INFO);
  const step = device.execute(prompt(0));
  device.end("lost");
  await expect(step).rejects.toThrow(DeviceLostError);
  await expect(device.execute(prompt(1))).rejects.toThrow(DeviceLostError);
  expect(await device.lost).toBe("a test took it away");
  await device.dispose();
  await expect(device.execute(prompt(2))).rejects.toThrow(DisposedError);
});

test("it can be lost without a step, and what is to be flawed fails", async () => {
  const device = new FaultyDevice(INFO, { moves: true, disposal: true });
  await expect(device.readBlocks([1])).rejects.toThrow("a test made reading blocks fail");
  device.end("lost");
  expect(await device.lost).toBe("a test took it away");
  await expect(device.dispose()).rejects.toThrow("nothing to give back");
  await expect(new FaultyDevice(INFO, { disposal: true }).dispose()).resolves.toBeUndefined();
});
