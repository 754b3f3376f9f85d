/**
 * Asks llama.cpp for the answers to the cases of test/support/family-cases.ts, and prints them as
 * test/support/family-peers.json has them. Needs node-llama-cpp, which is no dependency: `npm install --no-save
 * --ignore-scripts node-llama-cpp` first, or name its folder. usage: npx node scripts/family-peers.ts [folder that has
 * node_modules/node-llama-cpp] > test/support/family-peers.json
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CASE_PROMPT, FAMILY_CASES, fileOf } from "../test/support/family-cases.ts";

/** What is used of the package. */
interface Sequence {
  controlledEvaluate(
    input: unknown[],
  ): Promise<readonly ({ readonly next: { readonly probabilities: ReadonlyMap<number, number> } } | undefined)[]>;
}
interface Peer {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence; dispose(): Promise<void> }>;
      dispose(): Promise<void>;
    }>;
  }>;
}

const NEW_TOKENS = 12;
const DECIMALS = 5;
const require = createRequire(pathToFileURL(join(resolve(process.argv[2] ?? "."), "package.json")));
const peer = (await import(pathToFileURL(require.resolve("node-llama-cpp")).href)) as Peer;
const llama = await peer.getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
const folder = mkdtempSync(join(tmpdir(), "bstar-peers-"));
const answers: Record<string, { greedy: number[]; logprobs: Record<string, number> }> = {};
for (const each of FAMILY_CASES) {
  const path = join(folder, "model.gguf");
  writeFileSync(path, fileOf(each).bytes);
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({
    contextSize: 256,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
  });
  answers[each.name] = await answer(context.getSequence());
  await context.dispose();
  await model.dispose();
}
rmSync(folder, { recursive: true });
console.log(JSON.stringify(answers, null, 1));

/** The likeliest id after each step, and the log probabilities of the twenty likeliest after the prompt. */
async function answer(sequence: Sequence): Promise<{ greedy: number[]; logprobs: Record<string, number> }> {
  const next = async (ids: readonly number[]): Promise<ReadonlyMap<number, number>> => {
    const asked = { generateNext: { probabilities: true, options: { temperature: 0 } } };
    const output = await sequence.controlledEvaluate(ids.map((id, i) => (i === ids.length - 1 ? [id, asked] : id)));
    return output.at(-1)!.next.probabilities;
  };
  let probabilities = await next(CASE_PROMPT);
  const top = [...probabilities].toSorted((a, b) => b[1] - a[1]).slice(0, 20);
  const logprobs = Object.fromEntries(top.map(([id, p]) => [id, Number(Math.log(p).toFixed(DECIMALS))]));
  const greedy: number[] = [];
  while (greedy.length < NEW_TOKENS) {
    const [[id]] = [...probabilities].toSorted((a, b) => b[1] - a[1]);
    greedy.push(id);
    probabilities = await next([id]);
  }
  return { greedy, logprobs };
}
