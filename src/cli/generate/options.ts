import type { KvType } from "../../kv-type.ts";
import type { BackendName } from "../choose-backend.ts";

/** The options of `bstar generate`, checked one by one. */
export interface GenerateOptions {
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
  readonly backend?: BackendName;
  readonly quantize?: "q8_0" | "q4_0";
  readonly kv?: KvType;
  readonly tokenBudget: number;
  /** Default: fixed. */
  readonly budget?: "fixed" | "measured";
  readonly targetMs?: number;
  readonly maxRequests: number;
  readonly blockSize: number;
  readonly blocks?: number;
  readonly json?: boolean;
}
