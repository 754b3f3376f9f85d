import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { EngineFacts } from "../../../src/cli/serve/open-engine.ts";
import { createWorkerEngine } from "../../../src/worker/index.ts";

const FILE = new URL("../../../src/cli/serve/engine-worker.ts", import.meta.url);
const OPTIONS = {
  model: "builtin",
  backend: "reference",
  tokenBudget: 64,
  maxRequests: 4,
  blockSize: 16,
  queue: "fcfs",
  admission: "watermark",
  preemption: "last-in",
  chunking: "fcfs",
  eviction: "lru",
  maxWaiting: 10,
};

test("the worker opens the model and answers with the engine's facts", async () => {
  const engine = await createWorkerEngine<EngineFacts>(new Worker(FILE), { init: { ...OPTIONS, blocks: 8 } });
  // The pool holds less than the model's 512 tokens.
  expect(engine.info).toEqual({ backendName: "reference", contextLength: 129 });
  const stream = await engine.submit({ prompt: "Once upon a time", maxTokens: 3 });
  expect((await stream.completion()).tokenIds).toHaveLength(3);
  await engine.dispose();
});

test("what keeps it from opening is told to the thread that started it", async () => {
  const opening = createWorkerEngine(new Worker(FILE), { init: { ...OPTIONS, model: "no-such-folder" } });
  await expect(opening).rejects.toThrow(/no-such-folder/);
});
