/**
 * `bstar serve` with the CPU backend beside llama.cpp behind the smallest handler, on the same GGUF file: the same
 * clients, `bstar bench serve` in a process of its own, ask one after the other. All prompts begin with the same 512
 * tokens. Needs node-llama-cpp (bench/support/llama-cpp.ts); without it the rows have `bstar serve` alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { filledModel } from "../../../src/cli/doctor/filled-model.ts";
import { plainDecoder } from "../../../src/decoder.ts";
import type { Model } from "../../../src/model.ts";
import { RandomStream } from "../../../src/sim/index.ts";
import type { BenchRow } from "../../bench.ts";
import { loadLlamaCpp, withGgufFile } from "../../support/llama-cpp.ts";

/** Some 3 million parameters, so that all rows take about a minute. */
const CONFIG = plainDecoder(6, {
  vocabSize: 2048,
  hiddenSize: 192,
  intermediateSize: 512,
  headCount: 6,
  kvHeadCount: 3,
  headDim: 32,
  contextLength: 1024,
  tiedEmbeddings: true,
});
const SHARED_TOKENS = 512;
const PROMPT_TOKENS = 544;
const OUTPUT_TOKENS = 16;
const MOST_USERS = 64;
/** Users, and the requests that they make in all. */
const LOADS = [
  [1, 4],
  [4, 8],
  [16, 32],
  [MOST_USERS, 64],
] as const;

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const PEER = fileURLToPath(new URL("../../support/llama-server.ts", import.meta.url));

interface Result {
  readonly total_token_throughput: number;
  readonly output_throughput: number;
  readonly p99_ttft_ms: number;
}

export default async function (): Promise<readonly BenchRow[]> {
  const hasPeer = (await loadLlamaCpp()) !== null;
  const rows: BenchRow[] = [];
  await withGgufFile(speakingModel(), async (model) => {
    const serve = ["serve", "--backend", "cpu", "--port", "0", "--max-requests", String(MOST_USERS), "--log", "none"];
    const own = await measured([MAIN, ...serve, "--model", model, "--blocks", "2048"]);
    const other = hasPeer ? await measured([PEER, model, String(MOST_USERS)]) : null;
    rows.push(...LOADS.map(([users], i) => rowOf(users, own[i], other?.[i])));
  });
  return rows;
}

/** Of equal weights, but for the embedding: else all logits are equal, and the answer is a token without a text. */
function speakingModel(): Model {
  const model = filledModel(CONFIG, "Q8_0");
  const random = new RandomStream(1, 0);
  const { bytes, ...tensor } = model.embedding;
  const BLOCK = 34; // a scale of two bytes, then 32 numbers
  const embedding = { ...tensor, bytes: bytes.map((byte, i) => (i % BLOCK < 2 ? byte : random.below(256))) };
  return { ...model, embedding, head: embedding };
}

/** All loads on a server, which is started and ended here. */
async function measured(command: readonly string[]): Promise<Result[]> {
  const server = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const url = await urlOf(server);
    const results: Result[] = [];
    for (const [users, requests] of LOADS) results.push(await ask(url, users, requests));
    return results;
  } finally {
    server.kill("SIGKILL");
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  let said = "";
  for await (const text of server.stdout!.setEncoding("utf8")) {
    said += text as string;
    const url = /http:\/\/[\d.:]+/.exec(said)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`the server ended: ${said}`);
}

async function ask(url: string, users: number, requests: number): Promise<Result> {
  const words =
    `bench serve --url ${url} --concurrency ${users} --requests ${requests} --shared-tokens ${SHARED_TOKENS} ` +
    `--prompt-tokens ${PROMPT_TOKENS} --output-tokens ${OUTPUT_TOKENS} --ignore-eos --json`;
  const clients = spawn(process.execPath, [MAIN, ...words.split(" ")], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  clients.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  await once(clients, "exit");
  return JSON.parse(out) as Result;
}

function rowOf(users: number, own: Result, other: Result | undefined): BenchRow {
  const text = ({ total_token_throughput: all, output_throughput: out, p99_ttft_ms: ttft }: Result): string =>
    `${all.toFixed(0)} tok/s in all, ${out.toFixed(1)} of answers, p99 TTFT ${ttft.toFixed(0)} ms`;
  const ratio =
    other === undefined ? "" : `; ${(own.total_token_throughput / other.total_token_throughput).toFixed(2)}x`;
  return {
    name: `bstar serve, cpu, shared prefix of ${SHARED_TOKENS}, ${users} user(s)`,
    reference: other === undefined ? undefined : `llama.cpp ${text(other)}`,
    note: `${text(own)}${ratio}; load ${loadavg()[0].toFixed(0)}`,
  };
}
