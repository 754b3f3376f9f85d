import type { EngineFlags } from "../engine-options.ts";

/** The options of `bstar generate`, checked one by one. */
export interface GenerateOptions extends EngineFlags {
  readonly model: string;
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly stop?: readonly string[];
  readonly blocks?: number;
  readonly json?: boolean;
  /** File of a batch's answers. */
  readonly out?: string;
}
