import { spawn } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../../src/cli/choose-backend.ts";
import type { Io } from "../../src/cli/io.ts";
import { openModel } from "../../src/cli/model-source.ts";
import { openEngine } from "../../src/cli/serve/open-engine.ts";
import type { ServeOptions } from "../../src/cli/serve/options.ts";
import { startEngine } from "../../src/cli/serve/start-engine.ts";
import { createHandler } from "../../src/server/index.ts";
import { serve } from "../../src/server/node.ts";
import type { BenchRow } from "../bench.ts";

const USERS = 64;

/** Requests and their tokens: enough for some seconds of steps on each backend. */
const LOADS = {
  cpu: { requests: 192, outputTokens: 48 },
  reference: { requests: 64, outputTokens: 8 },
} as const;
interface Load {
  readonly requests: number;
  readonly outputTokens: number;
}

/** The resolution of the monitor: a loop that is never held up shows this much. */
const RESOLUTION = 1;

const silent = { write: async () => {}, terminal: null };
const io: Io = {
  stdout: silent,
  stderr: silent,
  stdin: (async function* () {})(),
  env: {},
  signal: new AbortController().signal,
  exitCode: 0,
};

/**
 * Pauses of the thread that serves HTTP, while 64 users of another process stream from the built-in model. Beside them
 * stand those of an idle process: what they have in common is the machine's.
 */
export default async function (): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const backend of ["cpu", "reference"] as const) {
    for (const place of ["in the thread that serves HTTP", "in a worker"] as const) {
      const row = await pausesOf(backend, place === "in a worker");
      rows.push({ name: `longest pauses of the event loop, ${backend} engine ${place}, ${USERS} streams`, ...row });
    }
  }
  return rows;
}

async function pausesOf(backend: keyof typeof LOADS, inWorker: boolean): Promise<Omit<BenchRow, "name">> {
  const options = optionsOf(backend);
  const loaded = await openModel(options.model);
  const { engine } = inWorker
    ? await startEngine(options, loaded, { io, onStep: () => {} })
    : await openEngine(options, loaded, { io, events: {} });
  await loaded.close();
  const { tokenizer, chat, contextLength, name } = loaded;
  const handler = createHandler({ engine, model: { name, tokenizer, chat, contextLength } });
  const server = await serve(handler, { port: 0 });
  await load(server.url, { requests: USERS, outputTokens: 1 });
  const idle = idleProcess();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const tokensPerSecond = await load(server.url, LOADS[backend]);
  delay.disable();
  await server.close();
  await engine.dispose();
  return {
    aim: inWorker && backend === "cpu" ? "p99 <= 10 ms, max <= 50 ms" : undefined,
    note:
      `p50 ${milliseconds(delay.percentile(50))}, p99 ${milliseconds(delay.percentile(99))}, max ` +
      `${milliseconds(delay.max)} ms (idle process ${await idle()}); ${Math.round(tokensPerSecond)} output tokens/s`,
  };
}

function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(1);
}

/** A process that does nothing until it is asked for its own pauses. */
function idleProcess(): () => Promise<string> {
  const script = `const delay = require("node:perf_hooks").monitorEventLoopDelay({ resolution: ${RESOLUTION} });
    delay.enable();
    process.stdin.resume().on("end", () => { delay.disable(); console.log([delay.percentile(99), delay.max].join(" ")); });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return async () => {
    child.stdin.end();
    await once(child, "exit");
    const [p99, max] = out.split(" ").map(Number);
    return `p99 ${milliseconds(p99)}, max ${milliseconds(max)} ms`;
  };
}

/** Users of another process; output tokens a second. */
async function load(url: string, { requests, outputTokens }: Load): Promise<number> {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const words =
    `bench serve --url ${url} --concurrency ${USERS} --requests ${requests} ` +
    `--prompt-tokens 200 --output-tokens ${outputTokens} --ignore-eos --json`;
  const child = spawn(process.execPath, [main, ...words.split(" ")], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  await once(child, "exit");
  return (JSON.parse(out) as { output_throughput: number }).output_throughput;
}

function optionsOf(backend: BackendName): ServeOptions {
  return {
    model: "builtin",
    host: "127.0.0.1",
    port: 0,
    backend,
    tokenBudget: 256,
    maxRequests: USERS,
    blockSize: 16,
    queue: "fcfs",
    admission: "watermark",
    preemption: "last-in",
    chunking: "fcfs",
    eviction: "lru",
    maxWaiting: 4096,
    drainSeconds: 1,
    log: "none",
  };
}
