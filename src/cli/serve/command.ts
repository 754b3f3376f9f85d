import { type Command, Option } from "commander";
import { DEFAULT_MAX_WAITING_REQUESTS } from "../../config.ts";
import { ADMISSIONS, EVICTIONS, PREEMPTIONS, QUEUES } from "../../policies/names.ts";
import { CHUNKINGS } from "../../prefill/names.ts";
import { addEngineOptions } from "../engine-options.ts";
import { DEFAULT_KV_BYTES } from "../generate/block-count.ts";
import type { Io } from "../io.ts";
import { MODEL_HELP } from "../model-source.ts";
import { decimal, integer, several } from "../option-values.ts";
import { DEFAULT_POLICIES, type ServeOptions } from "./options.ts";

const NOTES = `
Answers /v1/chat/completions, /v1/completions and /v1/models as OpenAI's clients expect, vLLM's /tokenize, /detokenize
and render routes, and /health. One line on standard output says when it is ready. SIGTERM and Ctrl-C let running
requests end; the second one does not wait.

A key file has one key a line, and behind it what the key may use in a minute; keys of one salt share cached prefixes:
  KEY [name=NAME] [requests=N] [tokens=N] [salt=TEXT]

Examples:
  bstar serve
  bstar serve --model ./Qwen2.5-0.5B-Instruct --port 8080 --queue vtc --budget measured --target-ms 50
  bstar serve --host 0.0.0.0 --api-key-file keys.txt
  curl localhost:8000/v1/completions -H 'content-type: application/json' -d '{"prompt": "Once upon a time"}'`;

/** vLLM's port; an address of this machine alone, because events carry prompts in clear. */
const KV_EXAMPLE = "such as tcp://127.0.0.1:5557";

/** With keys, the one that was served least is next. */
const QUEUE_OF_KEYS = "vtc";

type Flags = Omit<ServeOptions, "queue"> & { readonly queue?: string };

/** Adds `bstar serve`: an HTTP server. */
export function registerServe(program: Command, io: Io): void {
  const command = program
    .command("serve")
    .description("serve a model over HTTP, as OpenAI's clients expect it")
    .requiredOption("--model <model>", MODEL_HELP, "builtin")
    .option("--host <address>", "address to listen on; 0.0.0.0 is every one of this machine", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0 takes a free one", integer(0, 65_535), 8000)
    .option("--served-model-name <name>", "what clients call the model (default: its own name)")
    .option("--api-key-file <file>", "keys of clients, one a line; without it anyone who reaches the port may ask")
    .option("--cors-origin <origin>", "a web origin whose pages may ask; may be given several times", several);
  addEngineOptions(command)
    .option(
      "--blocks <n>",
      `blocks of the KV cache (default: as many as can be used, up to ${DEFAULT_KV_BYTES / 2 ** 20} MiB in float32)`,
      integer(1),
    )
    .addOption(
      new Option(
        "--queue <policy>",
        `which request comes next (default: ${DEFAULT_POLICIES.queue}; with keys ${QUEUE_OF_KEYS}, an even share)`,
      ).choices(Object.keys(QUEUES)),
    )
    .addOption(policy("--admission", "which request may start", ADMISSIONS, DEFAULT_POLICIES.admission))
    .addOption(policy("--preemption", "which request gives up its blocks", PREEMPTIONS, DEFAULT_POLICIES.preemption))
    .addOption(policy("--chunking", "how prompts are cut", CHUNKINGS, DEFAULT_POLICIES.chunking))
    .addOption(policy("--eviction", "which cached block goes first", EVICTIONS, DEFAULT_POLICIES.eviction))
    .option("--max-waiting <n>", "most waiting requests; more get a 503", integer(1), DEFAULT_MAX_WAITING_REQUESTS)
    .option("--record <file>", "write a trace of the requests, without text, that bstar simulate --trace replays")
    .option("--limit <name=n>", "a limit of requests, such as bodyBytes=1000000; may be given several times", several)
    .option("--kv-events <endpoint>", `tell routers what the prefix cache holds, over ZMQ: ${KV_EXAMPLE}`)
    .option("--kv-replay <endpoint>", "where they ask for events that they missed (default: nowhere)")
    .option("--kv-topic <text>", 'first frame of each message; llm-d reads "kv@<pod-ip:port>@<model>" (default: "")')
    .option(
      "--drain-seconds <x>",
      "how long running requests may take to end at SIGTERM",
      decimal(">= 0", (x) => x >= 0),
      30,
    )
    .addOption(
      new Option("--log <what>", "requests to log as JSON lines on standard error; prompts are never in them")
        .choices(["all", "errors", "none"])
        .default("all"),
    )
    .addHelpText("after", NOTES)
    .action(async ({ queue, ...options }: Flags) => {
      const preset = options.apiKeyFile === undefined ? DEFAULT_POLICIES.queue : QUEUE_OF_KEYS;
      await (await import("./serve.ts")).serve({ ...options, queue: queue ?? preset }, io);
    });
}

function policy(flag: string, what: string, names: Readonly<Record<string, unknown>>, preset: string): Option {
  return new Option(`${flag} <policy>`, what).choices(Object.keys(names)).default(preset);
}
