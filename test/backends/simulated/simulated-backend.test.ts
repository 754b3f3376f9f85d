import { describe, expect, test } from "vitest";
import { createSimulatedBackend, type SimulatedBackendOptions } from "../../../src/backends/simulated/index.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { DisposedError } from "../../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../../src/roofline/index.ts";
import { backendConformance } from "../../../src/testing/index.ts";

const SETUP = { gpu: gpuNamed("a10"), shape: modelNamed("smollm2-135m") };
const make = (options: Partial<SimulatedBackendOptions> = {}) =>
  createSimulatedBackend({ ...SETUP, blockCount: 64, blockSize: 16, maxTokens: 128, maxRequests: 8, ...options });

backendConformance((sizes) => make({ ...sizes, hostBlockCount: 0, vocabSize: 512 }), {
  runner: { describe, it: test },
});

test("an engine runs on it, and batch, chunks and preemption change no token", async () => {
  const alone = await answers({ blockCount: 64, maxRequests: 1 });
  expect(await answers({ blockCount: 64, maxRequests: 8, maxTokens: 16 })).toEqual(alone);
  expect(await answers({ blockCount: 9, maxRequests: 8 })).toEqual(alone);
});

async function answers(options: Partial<SimulatedBackendOptions>): Promise<number[][]> {
  await using engine = new Engine({ backend: make(options) });
  const streams = [5, 40, 17].map((length, i) =>
    engine.submit({ promptTokenIds: Array.from({ length }, (_, k) => i + k), maxTokens: 30 }),
  );
  return Promise.all(streams.map(async (stream) => [...(await stream.completion()).tokenIds]));
}

test("steps take their time one after the other, in whatever time the caller keeps", async () => {
  const slept: number[] = [];
  const backend = make({ sleep: async (seconds) => void slept.push(seconds) });
  await using engine = new Engine({ backend });
  await engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 4 }).completion();
  expect(slept).toHaveLength(4);
  for (const seconds of slept) expect(seconds).toBeGreaterThan(1e-4);
});

test("a block is a byte", async () => {
  const backend = make();
  expect(backend.info.bytesPerBlock).toBe(1);
  await backend.writeBlocks([3, 1], Uint8Array.of(7, 9));
  expect(await backend.readBlocks([1, 2, 3])).toEqual(Uint8Array.of(9, 0, 7));
  await expect(backend.writeBlocks([1], new Uint8Array(3))).rejects.toThrow("1 blocks take as many bytes, got 3");
});

test("is of no use after dispose(), twice", async () => {
  const backend = make();
  await backend.dispose();
  await backend.dispose();
  await expect(backend.readBlocks([1])).rejects.toBeInstanceOf(DisposedError);
});
