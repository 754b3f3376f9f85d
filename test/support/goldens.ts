/** The greedy continuations that real models have to give, and engines that run them under any sizes. */
import { existsSync, readFileSync } from "node:fs";
import type { Backend } from "../../src/backends/backend.ts";
import { type ReferenceBackendOptions, createReferenceBackend } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { SchedulerStats } from "../../src/scheduler/inspect/stats.ts";
import { builtinModelFolder, loadModel } from "../../src/models/node.ts";
import type { LoadedModel } from "../../src/models/load.ts";
import { sharedModels } from "./model-files.ts";

export interface Golden {
  readonly prompt: string;
  readonly promptIds: readonly number[];
  readonly genIds: readonly number[];
  /** (id, logit), largest first. */
  readonly top5: readonly (readonly [number, number])[];
}

export interface GoldenModel {
  readonly name: string;
  readonly folder: string;
  readonly goldens: readonly Golden[];
}

interface StoredGolden extends Omit<Golden, "top5"> {
  readonly lastPromptLogitsTop5?: Golden["top5"];
  readonly top5AfterPrompt?: Golden["top5"];
}

/** Models that the goldens of the shared folder are of. */
const SHARED: Readonly<Record<string, string>> = { stories260K: "stories260K-hf", babyllama105: "babyllama105-hf" };

export const GOLDEN_MODELS: readonly string[] = ["builtin", ...Object.keys(SHARED)];

/** Whether a model of the list is here: the built-in one always is. */
export function isHere(name: string): boolean {
  return name === "builtin" || existsSync(`${sharedModels}golden.json`);
}

export function goldenModel(name: string): GoldenModel {
  if (name === "builtin") {
    const folder = builtinModelFolder();
    const { prompts } = readJson(`${folder}/goldens.json`) as { prompts: StoredGolden[] };
    return { name, folder, goldens: prompts.map(withTop5) };
  }
  const { models } = readJson(`${sharedModels}golden.json`) as { models: Record<string, StoredGolden[]> };
  return { name, folder: `${sharedModels}${SHARED[name]}`, goldens: models[name].map(withTop5) };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function withTop5(stored: StoredGolden): Golden {
  return { ...stored, top5: stored.lastPromptLogitsTop5 ?? stored.top5AfterPrompt! };
}

/** How a set of goldens is run. */
export interface GoldenRun {
  readonly tokenBudget: number;
  readonly blockSize: number;
  /** A pool that holds little more than the longest request: the others have to make room. */
  readonly tight: boolean;
  /** Most tokens of each answer. */
  readonly maxTokens: number;
}

/** Tokens of each answer in the runs that vary sizes; the whole answers run alone, and together in a tight pool. */
export const SHORT = 12;

/** Budget, block size, tight pool. */
export const GOLDEN_SIZES: readonly (readonly [number, number, boolean])[] = [
  [1, 16, false],
  [2, 4, false],
  [3, 1, false],
  [5, 16, false],
  [7, 4, false],
  [8, 1, false],
  [13, 16, false],
  [16, 4, false],
  [24, 1, true],
  [32, 16, false],
  [48, 4, false],
  [64, 1, true],
];

/** Makes the backend of a run. */
export type MakeGoldenBackend = (options: ReferenceBackendOptions) => Backend | Promise<Backend>;

/** All prompts at once through one engine: an answer for each, and what happened. */
export async function runGoldens(
  loaded: LoadedModel,
  goldens: readonly Golden[],
  run: GoldenRun,
  make: MakeGoldenBackend = createReferenceBackend,
): Promise<{ answers: (readonly number[])[]; stats: SchedulerStats }> {
  const { tokenBudget, blockSize, tight, maxTokens } = run;
  const lengths = goldens.map(({ promptIds, genIds }) =>
    Math.ceil((promptIds.length + Math.min(maxTokens, genIds.length)) / blockSize),
  );
  const longest = Math.max(...lengths);
  const blockCount = tight ? longest + Math.ceil(longest / 8) : lengths.reduce((sum, length) => sum + length + 1, 1);
  const backend = await make({
    model: loaded.model,
    blockCount,
    blockSize,
    maxTokens: tokenBudget,
    maxRequests: goldens.length,
  });
  await using engine = new Engine({ backend, stopTokenIds: loaded.eosTokenIds });
  const streams = goldens.map(({ promptIds, genIds }) =>
    engine.submit({ promptTokenIds: promptIds, maxTokens: Math.min(maxTokens, genIds.length) }),
  );
  const completions = await Promise.all(streams.map((stream) => stream.completion()));
  return { answers: completions.map(({ tokenIds }) => tokenIds), stats: engine.stats() };
}

/** The beginnings that the answers have to be. */
export function expectedAnswers(goldens: readonly Golden[], maxTokens: number): (readonly number[])[] {
  return goldens.map(({ genIds }) => genIds.slice(0, maxTokens));
}

export function loadGoldenModel({ folder }: GoldenModel): Promise<LoadedModel> {
  return loadModel(folder);
}
