import type { Command } from "commander";
import { addEngineOptions } from "../engine-options.ts";
import type { Io } from "../io.ts";
import { MODEL_HELP } from "../model-source.ts";
import { decimal, integer, several, severalNonEmpty } from "../option-values.ts";
import { DEFAULT_KV_BYTES } from "./block-count.ts";
import type { GenerateOptions } from "./options.ts";

const EXAMPLES = `
Examples:
  bstar generate -p "Once upon a time"
  bstar generate -p "The old lighthouse" --temperature 0.8 --seed 7 --max-tokens 120
  bstar generate --prompts prompts.jsonl --json > answers.jsonl
  echo '{"id": "a", "prompt": "Dear Nora,"}' | bstar generate --prompts - --json

A line of a prompts file is {"id", "prompt"} or {"id", "promptTokenIds"}. It may set "maxTokens", "temperature", "topK",
"topP", "minP", "seed" and "stop" in place of the options, and "logprobs": k for the likeliest k of each token,
"promptLogprobs": k for those of the prompt, and "responseFormat", "repetitionPenalty", "presencePenalty",
"frequencyPenalty", "logitBias", "badTokenIds" and "minTokens" as in docs/sampling.md.
With --json, each prompt gives one line, in the order of the input:
  {"id", "prompt", "promptTokenIds", "tokenIds", "text", "finishReason"}    finishReason: stop, length, abort or error,
with "logprobs" also {"logprobs": [{"id", "logprob", "top": [{"id", "logprob"}]}]},
and with "error" also {"error": {"code", "message"}}: the other prompts continue, and the exit code is 1.

OpenAI's batch lines, {"custom_id", "method": "POST", "url": "/v1/chat/completions", "body"}, are answered as bstar
serve answers them, as answers come, with a line {"id", "custom_id", "response": {"status_code", "request_id", "body"},
"error"} each. With --out a run that was stopped goes on.`;

/** Adds `bstar generate`: prompts in, texts out. */
export function registerGenerate(program: Command, io: Io): void {
  const command = program
    .command("generate")
    .description("continue one prompt or many, through one engine")
    .requiredOption("--model <model>", MODEL_HELP, "builtin")
    .option("-p, --prompt <text>", "a prompt; may be given several times", several)
    .option("--prompts <file>", 'JSONL file of prompts; "-" reads standard input')
    .option("--max-tokens <n>", "most tokens of an answer", integer(1), 64)
    .option(
      "--temperature <x>",
      "0 takes the likeliest token; higher is more varied",
      decimal(">= 0", (x) => x >= 0),
      0,
    )
    .option("--top-k <n>", "choose among the k likeliest tokens; 0: all", integer(0, 2 ** 31 - 1), 0)
    .option(
      "--top-p <x>",
      "choose among the likeliest tokens that reach this probability together",
      decimal("in (0, 1]", (x) => x > 0 && x <= 1),
      1,
    )
    .option(
      "--min-p <x>",
      "drop tokens less likely than this share of the likeliest",
      decimal("in [0, 1]", (x) => x >= 0 && x <= 1),
      0,
    )
    .option("--seed <n>", "of the random choices", integer(0), 0)
    .option("--stop <text>", "end an answer where this text comes up; may be given several times", severalNonEmpty);
  addEngineOptions(command)
    .option(
      "--blocks <n>",
      `blocks of the KV cache (default: enough for the prompts, up to ${DEFAULT_KV_BYTES / 2 ** 20} MiB in float32)`,
      integer(1),
    )
    .option("--json", "print one JSON line a prompt")
    .option("--out <file>", "of OpenAI's batch lines: append the answers here, and do not repeat those that it holds")
    .addHelpText("after", EXAMPLES)
    .action(async (options: GenerateOptions, invoked: Command) =>
      (await import("./generate.ts")).generate(options, invoked, io),
    );
}
