import { type Command, Option } from "commander";
import { BACKENDS, DEFAULT_BACKEND } from "../choose-backend.ts";
import type { Io } from "../io.ts";
import { decimal, integer } from "../option-values.ts";
import type { DemoOptions } from "./options.ts";

/** Tokens a step: above the 16 decodes that there can be, so that prompts come in chunks beside them. */
const TOKEN_BUDGET = 24;

/** Blocks of 16 tokens: less than the requests want together, so that some wait and some are preempted. */
const BLOCKS = 36;

/** Times as fast as the script: on a CPU of two cores, requests then overlap enough to wait for each other. */
const SPEED = 2;

const ABOUT = `
Sixteen prompts of very different lengths arrive one after the other and share one engine. Few blocks and a small token
budget make the engine chunk prompts, queue and preempt requests, and reuse common beginnings. A terminal shows a live
picture; a pipe gets one line an event.`;

/** Adds `bstar demo`, which is `npm start`. */
export function registerDemo(program: Command, io: Io): void {
  program
    .command("demo")
    .description("watch 16 prompts share one engine with the built-in model")
    .addOption(new Option("--backend <name>", DEFAULT_BACKEND).choices(BACKENDS))
    .option("--seed <n>", "of the random choices", integer(0, 2 ** 32 - 1), 0)
    .option(
      "--temperature <x>",
      "0 takes the likeliest token; higher is more varied",
      decimal(">= 0", (x) => x >= 0),
      0.7,
    )
    .option("--token-budget <n>", "most tokens of a step", integer(1, 4096), TOKEN_BUDGET)
    .option("--blocks <n>", "blocks of the KV cache, 16 tokens each", integer(1, 2 ** 16), BLOCKS)
    .option(
      "--speed <x>",
      "how many times as fast the requests come",
      decimal("> 0", (x) => x > 0),
      SPEED,
    )
    .addHelpText("after", ABOUT)
    .action(async (options: DemoOptions) => (await import("./demo.ts")).demo(options, io));
}
