import { type Command, Option } from "commander";
import { DEFAULT_BLOCK_SIZE, DEFAULT_MAX_REQUESTS, DEFAULT_TOKEN_BUDGET, MAX_BLOCK_SIZE } from "../config.ts";
import { type KvType, KV_TYPES } from "../kv-type.ts";
import { measured, type MeasuredBudget } from "../policies/budget/measured.ts";
import { type BackendName, BACKENDS, DEFAULT_BACKEND } from "./choose-backend.ts";
import { UsageError } from "./failure.ts";
import { decimal, integer } from "./option-values.ts";

/** Rows of a step: what a dispatch of WebGPU can have in one dimension. */
const MAX_ROWS = 65_535;

/** Names of `--quantize` and of the formats. */
export const QUANTIZED = { none: undefined, q8_0: "Q8_0", q4_0: "Q4_0" } as const;

/** What an engine of a command is made with. */
export interface EngineFlags {
  readonly backend?: BackendName;
  readonly quantize?: "q8_0" | "q4_0";
  readonly kv?: KvType;
  readonly tokenBudget: number;
  /** Default: fixed. */
  readonly budget?: "fixed" | "measured";
  readonly targetMs?: number;
  readonly maxRequests: number;
  readonly blockSize: number;
}

/** Adds the options of the engine and its backend. */
export function addEngineOptions(command: Command): Command {
  return command
    .addOption(new Option("--backend <name>", DEFAULT_BACKEND).choices(BACKENDS))
    .addOption(
      new Option("--quantize <type>", "quantize weights of more bits while they load").choices(["q8_0", "q4_0"]),
    )
    .addOption(
      new Option("--kv <type>", "how keys and values are stored (default: as the backend computes)").choices(KV_TYPES),
    )
    .option("--token-budget <n>", "most tokens of a step", integer(1, MAX_ROWS), DEFAULT_TOKEN_BUDGET)
    .addOption(
      new Option("--budget <policy>", "measured: find B* of this device first, and take it for the budget").choices([
        "fixed",
        "measured",
      ]),
    )
    .option(
      "--target-ms <x>",
      "longest step that a measured budget wants, in milliseconds",
      decimal("> 0", (x) => x > 0),
    )
    .option("--max-requests <n>", "most requests of a step", integer(1, MAX_ROWS), DEFAULT_MAX_REQUESTS)
    .option("--block-size <n>", "tokens a block of the KV cache", integer(1, MAX_BLOCK_SIZE), DEFAULT_BLOCK_SIZE);
}

/** The budget that the options name, undefined for a fixed one. Throws `UsageError`. */
export function budgetOf({ budget, tokenBudget, targetMs }: EngineFlags): MeasuredBudget | undefined {
  if (budget === "measured") {
    return measured({ maxTokens: tokenBudget, target: targetMs === undefined ? undefined : targetMs / 1000 });
  }
  if (targetMs !== undefined) throw new UsageError("--target-ms is for --budget measured");
  return undefined;
}
