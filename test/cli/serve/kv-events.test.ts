/** Routers read a server's events and its metrics: both have to say the same. */
import { expect, test } from "vitest";
import { UsageError } from "../../../src/cli/failure.ts";
import { openKvEvents } from "../../../src/cli/serve/kv-events.ts";
import type { ServeOptions } from "../../../src/cli/serve/options.ts";
import { bstar, memoryIo } from "../../support/cli-io.ts";
import { BlockIndex, replay } from "../../support/kv-subscriber.ts";
import { SERVE, startServe } from "../../support/serve-command.ts";

const ANY = "tcp://127.0.0.1:*";

/** Cached blocks by the events alone, and by `/metrics`. */
async function blocksOf({ url, io }: Awaited<ReturnType<typeof startServe>>) {
  const endpoint = /replays at (\S+)/.exec(io.stderr.text)![1];
  const index = new BlockIndex();
  for (const { topic, batch } of await replay(endpoint, 0n)) {
    expect(topic).toBe("kv@test");
    index.apply(batch[1]);
  }
  const page = await (await fetch(url.replace("/v1", "/metrics"))).text();
  return { hashes: index.at("GPU 0"), cached: Number(/bstar:kv_blocks\{state="cached".*\} (\d+)/.exec(page)![1]) };
}

test("a subscriber of plain zeromq rebuilds each server's index, which agrees with its /metrics", async () => {
  const words = ["--blocks", "12", "--kv-events", ANY, "--kv-replay", ANY, "--kv-topic", "kv@test", "--log", "none"];
  const servers = [await startServe(...words), await startServe(...words)];
  const ask = async (url: string, prompt: string): Promise<void> => {
    const body = JSON.stringify({ prompt: `Once upon a time there was ${prompt}. `.repeat(4), max_tokens: 4 });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${url}/completions`, { method: "POST", headers, body })).status).toBe(200);
  };
  // The second server's pool is too small for all, so that some blocks are evicted.
  await ask(servers[0].url, "a cat");
  for (const prompt of ["a dog", "a bird", "a fish", "a cow", "a cat"]) await ask(servers[1].url, prompt);
  const [one, two] = await Promise.all(servers.map(blocksOf));
  expect(one.hashes).toHaveLength(one.cached);
  expect(two.hashes).toHaveLength(two.cached);
  expect(one.cached).toBeGreaterThan(0);
  // What both hold has the same names on both.
  expect(two.hashes).toEqual(expect.arrayContaining(one.hashes));
  for (const { stop } of servers) expect(await stop()).toBe(0);
});

test("an address that others reach warns, and what cannot be bound is a usage error", async () => {
  const io = memoryIo();
  const options = { kvEvents: "tcp://0.0.0.0:*" } as ServeOptions;
  await using publisher = await openKvEvents(options, io);
  expect(io.stderr.text).toMatch(/^bstar: events of the prefix cache at tcp:\S+\nbstar: events carry prompts in clear/);
  const taken = openKvEvents({ ...options, kvEvents: publisher!.endpoint }, io);
  await expect(taken).rejects.toThrow(UsageError);
  await expect(taken).rejects.toThrow(/^--kv-events: tcp:\S+ cannot be bound: /);
  expect(await bstar([...SERVE, "--kv-replay", ANY])).toMatchObject({
    code: 2,
    err: "bstar: --kv-replay and --kv-topic belong to --kv-events, which names where events go\n",
  });
});
