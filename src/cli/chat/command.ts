import { type Command, Option } from "commander";
import { DEFAULT_BLOCK_SIZE, DEFAULT_TOKEN_BUDGET } from "../../config.ts";
import { BACKENDS, DEFAULT_BACKEND } from "../choose-backend.ts";
import type { Io } from "../io.ts";
import { MODEL_HELP } from "../model-source.ts";
import { decimal, integer } from "../option-values.ts";
import type { ChatOptions } from "./chat.ts";

const NOTES = `
Each line that you enter is a message. /new begins a new conversation; /exit or the end of the input ends the program.
Each answer ends with the number of prompt tokens that came from the prefix cache: earlier turns are not computed again.

Examples:
  bstar chat --model ./Qwen2.5-0.5B-Instruct
  bstar chat --model ./Llama-3.2-1B-Instruct-Q8_0.gguf --system "Answer in one sentence."
  echo "Once upon a time" | bstar chat`;

/** Adds `bstar chat`: a conversation in the terminal. */
export function registerChat(program: Command, io: Io): void {
  program
    .command("chat")
    .description("talk with a model, turn by turn")
    .requiredOption("--model <model>", MODEL_HELP, "builtin")
    .option("--system <text>", "what the model is told before the first message")
    .option("--max-tokens <n>", "most tokens of an answer", integer(1), 512)
    .option(
      "--temperature <x>",
      "0 takes the likeliest token; higher is more varied",
      decimal(">= 0", (x) => x >= 0),
      0.7,
    )
    .option("--top-k <n>", "choose among the k likeliest tokens; 0: all", integer(0, 2 ** 31 - 1), 0)
    .option(
      "--top-p <x>",
      "choose among the likeliest tokens that reach this probability together",
      decimal("in (0, 1]", (x) => x > 0 && x <= 1),
      0.95,
    )
    .option(
      "--min-p <x>",
      "drop tokens less likely than this share of the likeliest",
      decimal("in [0, 1]", (x) => x >= 0 && x <= 1),
      0,
    )
    .option("--seed <n>", "of the random choices", integer(0), 0)
    .addOption(new Option("--backend <name>", DEFAULT_BACKEND).choices(BACKENDS))
    .option("--token-budget <n>", "most tokens of a step", integer(1, 65_535), DEFAULT_TOKEN_BUDGET)
    .option("--block-size <n>", "tokens a block of the KV cache", integer(1), DEFAULT_BLOCK_SIZE)
    .addHelpText("after", NOTES)
    .action(async (options: ChatOptions) => (await import("./chat.ts")).chat(options, io));
}
