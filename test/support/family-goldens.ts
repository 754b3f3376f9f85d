/** Answers of llama.cpp for the tiny checkpoints of each family beside the repository. */
import { readdirSync } from "node:fs";
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
      return [{ name: `${kind}-${name}`, path: kind === "hf" ? `${fixtures}hf/${name}` : `${fixtures}gguf/${name}.gguf` }];
    });

export function familyPrompts({ name }: FamilyGolden): readonly FamilyPrompt[] {
  return readFixture(`goldens/${name}.json`)["prompts"] as FamilyPrompt[];
}
