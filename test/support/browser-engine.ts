/** Asks an engine that runs in a worker: the same in a page, in a worker thread and in the test's own thread. */
import { createWorkerEngine } from "../../src/worker/index.ts";

/** Requests side by side, one that is left, and one that is refused, as text. */
export async function workerReport(worker: Parameters<typeof createWorkerEngine>[0]): Promise<string> {
  const steps: number[] = [];
  const onStep = ({ tokenCount }: { readonly tokenCount: number }): void => void steps.push(tokenCount);
  const engine = await createWorkerEngine<{ isPage: boolean }>(worker, { init: 1, onStep });
  const streams = [1, 2, 3].map((n) => engine.submit({ promptTokenIds: [n, 2, 3], maxTokens: 5 }));
  const answers = await Promise.all(streams.map(async (stream) => (await (await stream).completion()).tokenIds));
  const left = await engine.submit({ promptTokenIds: [7], maxTokens: 200 });
  for await (const _ of left) break;
  const refused = await engine.submit({ promptTokenIds: [1], maxTokens: 0 }).catch(({ name }: Error) => name);
  const { running, heldBlocks } = await engine.stats();
  const told = steps.length > 0;
  await engine.dispose();
  return JSON.stringify({ info: engine.info, answers, refused, running, heldBlocks, told });
}
