import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { InvalidOptionError } from "../../src/errors.ts";
import { serveEngine } from "../../src/worker/serve-engine.ts";
import { createWorkerEngine } from "../../src/worker/worker-engine.ts";
import { expectedOf, promptOf, someTurns } from "../support/engines.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

const scope = globalThis as { onconnect?: ((event: { ports: readonly unknown[] }) => void) | null };

afterEach(() => delete scope.onconnect);

/** As a `SharedWorker` that serves an engine sees two pages. */
async function twoPages() {
  scope.onconnect = null;
  let made = 0;
  const backend = new ScriptedBackend();
  const engine = new Engine({ backend });
  serveEngine((init) => ({ engine, info: [init, ++made] }), null);
  const pages = [new MessageChannel(), new MessageChannel()];
  for (const { port2 } of pages) scope.onconnect!({ ports: [port2] });
  const clients = await Promise.all(pages.map(({ port1 }, init) => createWorkerEngine(port1, { init })));
  return { engine, backend, clients, pages };
}

test("a shared worker makes one engine for all pages", async () => {
  const { engine, clients } = await twoPages();
  expect(clients.map(({ info }) => info)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  const answers = clients.map(async (client, n) =>
    (await client.submit({ promptTokenIds: promptOf(n), maxTokens: 8 })).completion(),
  );
  for (const [n, { tokenIds }] of (await Promise.all(answers)).entries()) expect(tokenIds).toEqual(expectedOf(n, 8));
  await engine.dispose();
});

test.each(["dispose", "close"] as const)("a page that leaves by %s ends its own requests only", async (way) => {
  const { engine, backend, clients, pages } = await twoPages();
  const [, stays] = await Promise.all(
    clients.map((client, n) => client.submit({ promptTokenIds: promptOf(n), maxTokens: 100 })),
  );
  if (way === "dispose") await clients[0].dispose();
  else pages[0].port1.close();
  expect((await stays.completion()).tokenIds).toEqual(expectedOf(1, 100));
  await someTurns();
  expect(engine.stats()).toMatchObject({ aborted: 1, finished: 1, heldBlocks: 0 });
  expect(backend.disposals).toBe(0);
  await engine.dispose();
  pages[1].port1.close();
});

test("the owner's port that closes ends the engine", async () => {
  const { port1, port2 } = new MessageChannel();
  const backend = new ScriptedBackend();
  serveEngine(() => ({ engine: new Engine({ backend }) }), port2);
  const client = await createWorkerEngine(port1);
  await client.submit({ promptTokenIds: promptOf(1), maxTokens: 100 });
  port1.close();
  while (backend.disposals === 0) await someTurns();
});

test("it needs a channel where there is no worker", () => {
  expect(() => serveEngine(() => ({ engine: new Engine({ backend: new ScriptedBackend() }) }), null)).toThrow(
    InvalidOptionError,
  );
});
