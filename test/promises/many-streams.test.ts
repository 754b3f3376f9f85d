/** 200 clients stream over sockets and leave at random: each gets what its request gives alone, and nothing is left. */
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { serve } from "../../src/server/node.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { eventsOf, post, serveScripted } from "../support/served.ts";
import { soakCount } from "../support/soak.ts";

const CLIENTS = 200;
/** Seconds of it in `npm run soak`; `npm test` runs rounds of all clients in their place. */
const SECONDS = soakCount(0);
const ROUNDS = 2;
const MAX_TOKENS = 24;

/** After these rounds the heap may grow by so many bytes until the end; a request that was kept would take kilobytes. */
const WARM_ROUNDS = 20;
const HEAP_GROWTH = 16 * 2 ** 20;

interface Ask {
  readonly prompt: number;
  readonly maxTokens: number;
  /** Events after which the client leaves; it stays where they are more than there are. */
  readonly leavesAfter: number;
  readonly chat: boolean;
}

const ask: fc.Arbitrary<Ask> = fc.record({
  prompt: fc.nat(30),
  maxTokens: fc.integer({ min: 1, max: MAX_TOKENS }),
  leavesAfter: fc.integer({ min: 0, max: 2 * MAX_TOKENS }),
  chat: fc.boolean(),
});

function bodyOf({ prompt, maxTokens, chat }: Ask): object {
  const text = `prompt ${"x".repeat(prompt)} ${prompt}`;
  const input = chat ? { messages: [{ role: "user", content: text }] } : { prompt: text };
  return { ...input, max_tokens: maxTokens, temperature: 0 };
}

function pathOf({ chat }: Ask): string {
  return chat ? "/v1/chat/completions" : "/v1/completions";
}

/** What a client reads before it leaves, and whether it stayed to the end. */
async function streamed(url: string, asked: Ask): Promise<{ text: string; ended: boolean }> {
  const leave = new AbortController();
  let text = "";
  let seen = 0;
  try {
    const response = await fetch(`${url}${pathOf(asked)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...bodyOf(asked), stream: true }),
      signal: leave.signal,
    });
    if (response.status !== 200) {
      const id = response.headers.get("x-request-id") ?? "of Node's server itself";
      throw new Error(`${response.status}, ${id}: ${await response.text()}`);
    }
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      seen += chunk.split("\n\n").length - 1;
      if (seen >= asked.leavesAfter) leave.abort();
    }
    return { text, ended: true };
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    return { text, ended: false };
  }
}

/** The answer's text in whole events of a stream. */
function textOf(stream: string): string {
  const whole = stream.slice(0, stream.lastIndexOf("\n\n") + 2);
  return eventsOf(whole)
    .filter((event) => event !== "[DONE]")
    .map((event) => event.choices[0]?.text ?? event.choices[0]?.delta?.content ?? "")
    .join("");
}

/** Clients and server are one process: on a busy machine it may be long between a connection and its headers. */
const PATIENT = { headerSeconds: 600, requestSeconds: 600 };

function socketCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

/** Bytes of the heap that something holds. */
function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test(`${CLIENTS} streams that are left at random`, async () => {
  const info = { maxRequests: 64, maxTokens: 512, blockCount: 2048 };
  const { engine, handler } = serveScripted({}, { info });
  const alone = serveScripted({}, { info });
  const sockets = socketCount();
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", warn);
  const server = await serve(handler, { port: 0, ...PATIENT });
  let heap = Number.POSITIVE_INFINITY;
  const seed = Date.now() % 2 ** 31;
  const until = Date.now() + 1000 * SECONDS;
  for (let round = 0; round < ROUNDS || Date.now() < until; round++) {
    const asks = fc.sample(ask, { numRuns: CLIENTS, seed: seed + round });
    const answers = await Promise.all(asks.map((each) => streamed(server.url, each)));
    for (const [i, { text, ended }] of answers.entries()) {
      const { body } = await post(alone.handler, pathOf(asks[i]), bodyOf(asks[i]));
      const expected: string = body.choices[0].text ?? body.choices[0].message.content;
      const got = textOf(text);
      const what = `seed ${seed}, round ${round}, client ${i}`;
      expect(ended ? got : expected.slice(0, got.length), what).toBe(ended ? expected : got);
    }
    while (engine.stats().running + engine.stats().waiting > 0) await wait(5);
    const { heldBlocks, cachedBlocks, freeBlocks, blockCount } = engine.stats();
    // Caches of the process are warm by then.
    if (round === WARM_ROUNDS) heap = heapBytes();
    expect({ heldBlocks, sum: heldBlocks + cachedBlocks + freeBlocks }).toEqual({ heldBlocks: 0, sum: blockCount });
  }
  expect(await (await handler(new Request("http://test/load"))).json()).toEqual({ server_load: 0 });
  expect(heapBytes() - heap).toBeLessThan(HEAP_GROWTH);
  // Ends when no connection is left; the clients' ends of them follow.
  await server.close();
  while (socketCount() > sockets) await wait(5);
  process.off("warning", warn);
  // Node warns of an emitter with too many listeners.
  expect(warnings).toEqual([]);
  await engine.dispose();
  await alone.engine.dispose();
});
