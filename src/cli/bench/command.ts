import { type Command, Option } from "commander";
import { MAX_USERS } from "../../sim/index.ts";
import { GPU_NAMES, MODEL_NAMES } from "../catalogue.ts";
import type { Io } from "../io.ts";
import { decimal, integer, list } from "../option-values.ts";
import type { BenchServeOptions } from "./options.ts";
import { BENCH_WORKLOADS } from "./workload.ts";

/** What is beyond is a slip of the hand: no client sends that much, or waits that long. */
const MAX_RATE = 1e5;
const MAX_REQUESTS = 1e6;
const MAX_TOKENS = 2 ** 24;
const MAX_SECONDS = 1e5;

const EXAMPLES = `
Examples:
  bstar bench serve --url http://127.0.0.1:8000 --rate 2 --requests 200 --json
  bstar bench serve --url http://127.0.0.1:8000 --sweep --rate 1,2,4,8 --plane plane.svg --gpu h100 --shape llama-3-8b
  bstar bench serve --url http://127.0.0.1:8000 --concurrency 16 --json > serve.json   # read by bstar roofline --fit

The JSON has the keys of "vllm bench serve --save-result": times in milliseconds, a line a load.`;

const positive = decimal(`above 0 and at most ${MAX_SECONDS}`, (value) => value > 0 && value <= MAX_SECONDS);
const rate = decimal(`above 0 and at most ${MAX_RATE}`, (value) => value > 0 && value <= MAX_RATE);

/** Adds `bstar bench serve`: the load of many users on any server with OpenAI's API. */
export function registerBench(program: Command, io: Io): void {
  const command = program
    .command("bench")
    .description("measure a server")
    .command("serve")
    .description("send requests to a server with OpenAI's API, as a workload says, and measure the answers")
    .requiredOption("--url <url>", 'where the server is, such as "http://127.0.0.1:8000"')
    .option("--model <name>", "of the server's models (default: the first that it lists)")
    .addOption(
      new Option("--endpoint <name>", "which route is asked").choices(["completions", "chat"]).default("completions"),
    )
    .option("--api-key-file <file>", "a file with the key to send")
    .option("--ignore-eos", "answers of the full length: a field of vLLM's, which bstar knows too")
    .option("--timeout <seconds>", "a request that takes longer has failed", positive, 600);
  addLoadOptions(command);
  addOutputOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(async (options: BenchServeOptions) => (await import("./bench-serve.ts")).benchServe(options, io));
}

function addLoadOptions(command: Command): void {
  command
    .option("--rate <x>", "requests a second in the mean, whatever becomes of those before", list(rate))
    .option("--concurrency <n>", "users who wait for their answer before they ask again", list(integer(1, MAX_USERS)))
    .addOption(
      new Option("--workload <name>", "how requests come (default: poisson, with --concurrency closed-loop)").choices(
        BENCH_WORKLOADS,
      ),
    )
    .option("--trace <file>", "requests of a trace, with its times or at --rate: every kind that bstar simulate reads")
    .option("--requests <n>", "requests in all", integer(1, MAX_REQUESTS), 100)
    .option("--prompt-tokens <n>", "mean prompt of a workload (default: 512)", integer(1, MAX_TOKENS))
    .option("--output-tokens <n>", "mean answer of a workload (default: 128)", integer(1, MAX_TOKENS))
    .option(
      "--length-cv <x>",
      "standard deviation of both over their mean (default: 0)",
      decimal("from 0 to 100", (value) => value >= 0 && value <= 100),
    )
    .option(
      "--shared-tokens <n>",
      "first tokens of a prompt that all have in common (default: 0)",
      integer(0, MAX_TOKENS),
    )
    .option("--seed <n>", "of arrivals, lengths and texts", integer(0), 0);
}

function addOutputOptions(command: Command): void {
  command
    .option("--slo-ttft <seconds>", "promise for the first token: adds goodput", positive)
    .option("--slo-tpot <seconds>", "promise for the tokens after it", positive)
    .option("--sweep", "one run a value of --rate or --concurrency, comma-separated")
    .option("--json", "print one JSON line a run")
    .option("--plane <file.svg>", "draw throughput over latency")
    .option("--gpu <name>", `of --plane: what the simulator says of this hardware; ${GPU_NAMES}`)
    .option("--shape <name>", `of --plane: and of this model; ${MODEL_NAMES}`);
}
