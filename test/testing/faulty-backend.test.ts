import { describe, expect, test } from "vitest";
import { DeviceLostError, DisposedError } from "../../src/errors.ts";
import { FaultyBackend } from "../../src/testing/faulty-backend.ts";
import { PlanDriver } from "../../src/testing/index.ts";
import { ToyBackend } from "../support/toy-backend.ts";

const sizes = { blockCount: 8, blockSize: 4, maxTokens: 8, maxRequests: 2, hostBlockCount: 0, keepLogits: false };

function faultyToy(flaws: { readonly moves?: boolean; readonly disposal?: boolean } = {}) {
  const toy = new ToyBackend(sizes);
  const backend = new FaultyBackend(toy, flaws);
  return { toy, backend, driver: new PlanDriver(backend) };
}

describe("FaultyBackend", () => {
  test("a step ends when it is told to, with what the backend behind says", async () => {
    const { backend, driver } = faultyToy();
    const sequence = driver.start([1, 2, 3]);
    let isDone = false;
    const step = driver.step([{ sequence }]).finally(() => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isDone, backend.pendingCount]).toEqual([false, 1]);
    await backend.end("done");
    const own = new PlanDriver(new ToyBackend(sizes));
    const [expected] = await own.step([{ sequence: own.start([1, 2, 3]) }]);
    expect((await step)[0].tokenId).toBe(expected.tokenId);
  });

  test("a failed step takes those behind it along, and the next one is right", async () => {
    const { backend, driver } = faultyToy();
    const sequence = driver.start([1, 2, 3]);
    const steps = [driver.issue([{ sequence }]).done, driver.issue([{ sequence }]).done];
    await backend.end("failed");
    for (const { status } of await Promise.allSettled(steps)) expect(status).toBe("rejected");
    const again = driver.step([{ sequence }]);
    await backend.end("done");
    await expect(again).resolves.toHaveLength(1);
    expect(backend.broken).toBeNull();
  });

  test("a lost device fails what is on its way and all that comes", async () => {
    const { backend, driver } = faultyToy({ disposal: true });
    const step = driver.issue([{ sequence: driver.start([1]) }]).done;
    await backend.end("lost");
    await expect(step).rejects.toThrow(DeviceLostError);
    await expect(backend.readBlocks([1])).rejects.toThrow(DeviceLostError);
    await expect(backend.lost).resolves.toBe("a test took it away");
    await expect(backend.dispose()).rejects.toThrow("a lost device has nothing to give back");
    await expect(backend.writeBlocks([], new Uint8Array())).rejects.toThrow(DisposedError);
  });

  test("an error of the backend's own is kept", async () => {
    const { backend, driver } = faultyToy();
    const step = driver.issue([{ sequence: driver.start([1], { adapterId: 1 }) }]).done;
    await Promise.allSettled([backend.end("done"), step]);
    expect(backend.broken?.message).toBe("adapterId must be 0, got 1");
  });

  test("blocks pass through, unless that is its flaw, and are waited for", async () => {
    const { backend, toy } = faultyToy();
    const bytes = new Uint8Array(toy.info.bytesPerBlock).fill(3);
    void backend.writeBlocks([2], bytes);
    await backend.settled();
    expect(await toy.readBlocks([2])).toEqual(bytes);
    await expect(faultyToy({ moves: true }).backend.readBlocks([1])).rejects.toThrow("reading blocks");
  });
});
