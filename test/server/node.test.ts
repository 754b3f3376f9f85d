import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { type ListenOptions, serve } from "../../src/server/node.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { type ServedOptions, serveScripted } from "../support/served.ts";

/** A scripted server on a free port. */
async function running(options: ServedOptions = {}, listen: ListenOptions = {}) {
  const served = serveScripted(options);
  const server = await serve(served.handler, { port: 0, ...listen });
  onTestFinished(async () => {
    await server.close(AbortSignal.abort());
    await served.engine.dispose();
  });
  const client = new OpenAI({ apiKey: "unused", baseURL: `${server.url}/v1`, maxRetries: 0 });
  return { ...served, server, client };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5);
}

test("the official client streams over a socket", async () => {
  const { client, server } = await running();
  const stream = await client.completions.create({ model: "scripted", prompt: "abc", max_tokens: 20, stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0].text;
  const whole = await client.completions.create({ model: "scripted", prompt: "abc", max_tokens: 20 });
  expect(text).toBe(whole.choices[0].text);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

test("a client that closes its connection ends its request, streamed or not", async () => {
  const { client, engine, backend } = await running();
  for (const stream of [true, false]) {
    const leave = new AbortController();
    const body = { model: "scripted", prompt: "abc", max_tokens: 150, stream };
    const before = engine.stats().aborted;
    if (!stream) backend.hold();
    const answer = client.completions.create(body, { signal: leave.signal }).catch(() => null);
    await until(() => engine.stats().running === 1);
    if (stream) {
      await answer;
      backend.hold();
    }
    leave.abort();
    await until(() => engine.stats().aborted === before + 1);
    expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, heldBlocks: 0 });
    backend.release();
  }
});

test("a client whose headers never end gets a 408, and others are answered", async () => {
  const { client, server } = await running({}, { headerSeconds: 0.2 });
  const socket = connect(server.port, "127.0.0.1");
  socket.write("POST /v1/completions HTTP/1.1\r\nhost: a\r\n");
  const answer = textOf(socket);
  expect((await client.models.list()).data).toHaveLength(1);
  expect(await answer).toMatch(/^HTTP\/1.1 408 /);
});

test("a body that never ends gets a 408 with an error body", async () => {
  const { server } = await running({ limits: { bodySeconds: 0.1 } });
  const socket = connect(server.port, "127.0.0.1");
  const head = "POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
  socket.write(`${head}connection: close\r\n\r\n{"prompt`);
  const answer = await textOf(socket);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(answer).toContain('"code":"timeout"');
});

test("closing lets running requests end and refuses new connections", async () => {
  const { client, server, backend, engine } = await running();
  backend.hold();
  const answer = client.completions.create({ model: "scripted", prompt: "abc", max_tokens: 3 });
  await until(() => engine.stats().running === 1);
  const closed = server.close();
  await expect(fetch(`${server.url}/health`)).rejects.toThrow("fetch failed");
  backend.release();
  expect((await answer).choices[0].finish_reason).toBe("length");
  await closed;
});

test("closing waits for no connection that never asked for anything", async () => {
  const { server, client } = await running();
  const idle = connect(server.port, "127.0.0.1");
  await client.models.list();
  await server.close();
  expect(await textOf(idle).catch(() => "")).toBe("");
});

test("an option out of its range is named", async () => {
  const { handler } = serveScripted();
  await expect(serve(handler, { idleSeconds: 0 })).rejects.toThrow("idleSeconds must be above 0, got 0");
});

test("nothing holds a request that was answered, while its connection lives on", async () => {
  const { engine, handler } = serveScripted();
  const requests: WeakRef<Request>[] = [];
  const noted = (request: Request): Promise<Response> => {
    requests.push(new WeakRef(request));
    return handler(request);
  };
  const server = await serve(Object.assign(noted, { drain: handler.drain }), { port: 0 });
  const headers = { "content-type": "application/json" };
  for (let i = 0; i < 6; i++) {
    const body = JSON.stringify({ prompt: "abc", max_tokens: 2, stream: i % 2 === 0 });
    await (await fetch(`${server.url}/v1/completions`, { method: "POST", headers, body })).text();
  }
  const held = (): number => requests.filter((request) => request.deref() !== undefined).length;
  // The connection still knows its last one.
  for (let turn = 0; turn < 100 && held() > 1; turn++) {
    await wait(5);
    collectGarbage();
  }
  expect(held()).toBeLessThanOrEqual(1);
  await server.close();
  await engine.dispose();
});
