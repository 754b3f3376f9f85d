/**
 * What a streamed token costs the server's process, with 64 streams at a time over sockets: HTTP, JSON, events and
 * detokenizing, beside a bare event stream of hono with as many events, each of a turn of its own as tokens come.
 * Clients are another process. The device costs nothing here, and the engine's own time is taken off.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { getRequestListener } from "@hono/node-server";
import { serve } from "../../src/server/node.ts";
import { serveScripted } from "../../test/support/served.ts";
import type { BenchRow } from "../bench.ts";

const STREAMS = 64;
const TOKENS = 128;
const ROUNDS = 12;

/** Reads all streams to their ends, once for each line that it is sent: `{ url, body }`. */
const CLIENTS = `
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { url, body } = JSON.parse(line);
  const headers = { "content-type": "application/json" };
  await Promise.all(Array.from({ length: ${STREAMS} }, async () => {
    const reader = (await fetch(url, { method: "POST", headers, body })).body.getReader();
    while (!(await reader.read()).done);
  }));
  console.log("done");
}`;

/** CPU seconds of this process a token. */
async function costOf(clients: ChildProcess, url: string, body: string): Promise<number> {
  return cpuSecondsOf(async () => {
    clients.stdin!.write(`${JSON.stringify({ url, body })}\n`);
    await once(clients.stdout!, "data");
  });
}

async function cpuSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / (STREAMS * TOKENS);
}

/** As many events of the same size, from hono's own helper. */
async function bareServer(): Promise<{ url: string; close: () => void }> {
  const app = new Hono();
  const choices = [{ index: 0, text: "12345 ", logprobs: null, finish_reason: null }];
  const chunk = {
    id: `cmpl-${crypto.randomUUID()}`,
    object: "text_completion",
    created: 1,
    model: "scripted",
    choices,
  };
  app.post("/", (context) =>
    streamSSE(context, async (stream) => {
      for (let i = 0; i < TOKENS; i++) {
        await turn();
        await stream.writeSSE({ data: JSON.stringify(chunk) });
      }
    }),
  );
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close(() => {}) };
}

export default async function bench(): Promise<BenchRow[]> {
  const info = { maxRequests: STREAMS, maxTokens: 512, blockCount: 8192, contextLength: 1024 };
  const { engine, handler } = serveScripted({}, { info });
  const server = await serve(handler, { port: 0 });
  const bare = await bareServer();
  const url = `${server.url}/v1/completions`;
  const body = JSON.stringify({ prompt: "abc", max_tokens: TOKENS, temperature: 0, stream: true });
  const request = { promptTokenIds: [97, 98, 99], maxTokens: TOKENS };
  const alone = () => Promise.all(Array.from({ length: STREAMS }, () => engine.submit(request).completion()));
  const clients = spawn(process.execPath, ["--input-type=module", "-e", CLIENTS], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const costs = { ours: [] as number[], bare: [] as number[], engine: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.ours.push(await costOf(clients, url, body));
    costs.bare.push(await costOf(clients, bare.url, "{}"));
    costs.engine.push(await cpuSecondsOf(alone));
  }
  clients.kill();
  bare.close();
  await server.close();
  const connections = await connectionsASecond();
  await engine.dispose();
  const row = (name: string, samples: readonly number[], aim?: string): BenchRow => ({
    name,
    medianSeconds: median(samples),
    samples: samples.length,
    ...(aim !== undefined && { aim }),
  });
  const server64 = costs.ours.map((cost, i) => cost - costs.engine[i]);
  return [
    row(`a streamed token, ${STREAMS} streams, without the engine`, server64, "<= 30 µs"),
    row("the same events from hono's streamSSE", costs.bare),
    row("a token in the engine alone, scripted device", costs.engine),
    { name: "server / streamSSE", note: `${(median(server64) / median(costs.bare)).toFixed(2)}x` },
    { name: "connections accepted while a step runs", note: `${Math.round(connections)} a second` },
  ];
}

/** New connections that get `/health` while the device never ends its step. */
async function connectionsASecond(): Promise<number> {
  const { engine, handler, backend } = serveScripted();
  const server = await serve(handler, { port: 0 });
  backend.hold();
  const waiting = engine.submit({ promptTokenIds: [1], maxTokens: 1 });
  const count = 500;
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    const response = await fetch(`${server.url}/health`, { headers: { connection: "close" } });
    await response.arrayBuffer();
  }
  const seconds = (performance.now() - begin) / 1000;
  backend.release();
  await waiting.completion();
  await server.close();
  await engine.dispose();
  return count / seconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
