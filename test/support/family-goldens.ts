/** Answers of llama.cpp for the tiny checkpoints of each family beside the repository. */
import { readdirSync } from "node:fs";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { LoadedModel } from "../../src/models/index.ts";
import { maxUtilization } from "../../src/policies/admission/max-utilization.ts";
import type { MakeGoldenBackend } from "./goldens.ts";
import { fixtures, noFixtures, readFixture } from "./fixtures.ts";

export interface FamilyPrompt {
  readonly ids: readonly number[];
  /** 32 ids after the prompt at temperature 0, whatever ends a text. */
  readonly greedy: readonly number[];
  /** All logits after the prompt. */
  readonly logits: readonly number[];
}

export interface FamilyGolden {
  readonly name: string;
  /** Folder or GGUF file. */
  readonly path: string;
}

export const FAMILY_GOLDENS: readonly FamilyGolden[] = noFixtures
  ? []
  : readdirSync(`${fixtures}goldens`).flatMap((file) => {
      const [, kind, name] = /^(hf|gguf)-(.*)\.json$/.exec(file) ?? [];
      if (kind === undefined) return [];
      return [
        { name: `${kind}-${name}`, path: kind === "hf" ? `${fixtures}hf/${name}` : `${fixtures}gguf/${name}.gguf` },
      ];
    });

export function familyPrompts({ name }: FamilyGolden): readonly FamilyPrompt[] {
  return readFixture(`goldens/${name}.json`)["prompts"] as FamilyPrompt[];
}

/** Budget, block size and blocks beyond what the longest request needs. */
export interface FamilySizes {
  readonly tokenBudget: number;
  readonly blockSize: number;
  readonly spareBlocks: number;
}

export interface FamilyRun {
  readonly answers: readonly (readonly number[])[];
  readonly preemptions: number;
  readonly cachedTokens: number;
}

/** Runs all prompts at once, and then once more: the second time their beginnings may be cached. */
export async function runFamily(
  loaded: LoadedModel,
  prompts: readonly FamilyPrompt[],
  sizes: FamilySizes,
  make: MakeGoldenBackend = createReferenceBackend,
): Promise<FamilyRun> {
  const { tokenBudget, blockSize, spareBlocks } = sizes;
  const groups = new Set(loaded.model.config.layers.map(({ window }) => window)).size;
  const longest = Math.max(...prompts.map(({ ids, greedy }) => ids.length + greedy.length));
  const blockCount = groups * (Math.ceil(longest / blockSize) + 2) + spareBlocks;
  const backend = await make({ model: loaded.model, blockCount, blockSize, maxTokens: tokenBudget, maxRequests: 8 });
  await using engine = new Engine({ backend, tokenBudget, admission: maxUtilization() });
  const answers: (readonly number[])[] = [];
  for (let round = 0; round < 2; round++) {
    const streams = prompts.map(({ ids, greedy }) =>
      engine.submit({ promptTokenIds: ids, maxTokens: greedy.length, ignoreStopTokenIds: true }),
    );
    const completions = await Promise.all(streams.map((stream) => stream.completion()));
    answers.push(...completions.map(({ tokenIds }) => tokenIds));
  }
  const { preemptions, cachedTokens } = engine.stats();
  return { answers, preemptions, cachedTokens };
}
