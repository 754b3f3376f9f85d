import { afterEach, describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { createKvEventPublisher, type KvEventPublisher } from "../../src/kv-events/index.ts";
import type { KvEventOptions } from "../../src/kv-events/publisher.ts";
import { promptOf, someTurns } from "../support/engines.ts";
import { BlockIndex, type Received, replay, subscribe } from "../support/kv-subscriber.ts";
import { setUpPort } from "../support/worker-engines.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Turns of the loop in which a message that was sent arrives on the loopback. */
const MOST_TURNS = 200;

/** Ports that the system chooses. */
const ANY = { endpoint: "tcp://127.0.0.1:*", replayEndpoint: "tcp://127.0.0.1:*" };

async function openPublisher(options: KvEventOptions = {}): Promise<KvEventPublisher> {
  const publisher = await createKvEventPublisher({ ...ANY, ...options });
  open.push(() => publisher.close());
  return publisher;
}

/** A server: an engine behind a port whose events are published, and what a subscriber makes of them. */
async function server(options: KvEventOptions = {}, blockCount = 64) {
  const publisher = await openPublisher(options);
  const { received, close } = subscribe(publisher.endpoint);
  open.push(close);
  const { engine } = await setUpPort({ blockCount }, {}, { onKvEvent: publisher.publish });
  open.push(() => engine.dispose());
  return { publisher, engine, received };
}

/** The messages of a server, live ones and, where the subscriber came too late, replayed ones. */
async function allOf({ publisher, received }: Awaited<ReturnType<typeof server>>): Promise<Received[]> {
  const replayed = await replay(publisher.replayEndpoint!, 0n);
  // A subscriber that came after the last message receives none, however long the test waits.
  for (let turn = 0; received.length === 0 && turn < MOST_TURNS; turn++) await someTurns();
  while (received.length > 0 && received.at(-1)!.sequence < replayed.at(-1)!.sequence) await someTurns();
  for (const live of received) expect(live).toEqual(replayed[Number(live.sequence)]);
  expect(replayed.map(({ sequence }) => sequence)).toEqual(replayed.map((_, i) => BigInt(i)));
  return replayed;
}

function indexOf(messages: readonly Received[]): BlockIndex {
  const index = new BlockIndex();
  for (const { batch } of messages) index.apply(batch[1]);
  return index;
}

async function ask(engine: Awaited<ReturnType<typeof server>>["engine"], numbers: readonly number[], salt = "") {
  for (const n of numbers) {
    const request = { promptTokenIds: promptOf(n), maxTokens: 12, cacheSalt: salt };
    await (await engine.submit(request)).completion();
  }
}

describe("a subscriber rebuilds each server's index from its events alone", () => {
  test("which agrees with the server's figures, evictions and a reset included", async () => {
    const one = await server({}, 20);
    await ask(one.engine, [1, 2, 3, 1, 4, 5, 6]);
    const afterEvictions = indexOf(await allOf(one));
    const { cachedBlocks, heldBlocks } = await one.engine.stats();
    expect(heldBlocks).toBe(0);
    expect(cachedBlocks).toBeGreaterThan(5);
    expect(afterEvictions.at("GPU 0")).toHaveLength(cachedBlocks);
    expect((await allOf(one)).flatMap(({ batch }) => batch[1]).map(({ type }) => type)).toContain("BlockRemoved");
    await one.engine.resetPrefixCache();
    await ask(one.engine, [2]);
    expect(indexOf(await allOf(one)).at("GPU 0")).toHaveLength((await one.engine.stats()).cachedBlocks);
  });

  test("servers give equal beginnings equal hashes, whatever they ran before; other salts give others", async () => {
    const [one, two, salted] = [await server(), await server(), await server()];
    await ask(one.engine, [5, 9]);
    await ask(two.engine, [7, 9, 5]);
    await ask(salted.engine, [5, 9], "tenant");
    const [a, b, c] = await Promise.all([one, two, salted].map(async (each) => indexOf(await allOf(each)).at("GPU 0")));
    expect(a.length).toBeGreaterThan(3);
    expect(b).toEqual(expect.arrayContaining(a));
    expect(c).toHaveLength(a.length);
    for (const hash of c) expect(a).not.toContain(hash);
  });
});

test("messages are three frames: topic, number, and a batch of time, events and rank", async () => {
  const before = Date.now() / 1000;
  const one = await server({ topic: "kv@10.0.0.7:8000@model", rank: 3 });
  await ask(one.engine, [5]);
  const [{ topic, sequence, batch }] = await allOf(one);
  expect([topic, sequence, batch[2]]).toEqual(["kv@10.0.0.7:8000@model", 0n, 3]);
  expect(batch[0]).toBeGreaterThanOrEqual(before);
  expect(batch[0]).toBeLessThanOrEqual(Date.now() / 1000 + 1);
  expect(Number.isInteger(batch[0])).toBe(false);
  const [{ block_hashes: hashes, token_ids: ids, ...rest }] = batch[1];
  expect((hashes as unknown[]).every((hash) => typeof hash === "bigint")).toBe(true);
  expect((ids as number[]).slice(0, 4)).toEqual(promptOf(5).slice(0, 4));
  expect(rest).toEqual({
    type: "BlockStored",
    parent_block_hash: null,
    block_size: 4,
    lora_id: null,
    medium: "GPU",
    lora_name: null,
  });
});

test("a replay gives what is kept from a number on, then the mark of its end", async () => {
  const one = await server({ bufferBatches: 3 });
  await ask(one.engine, [1, 2, 3, 4, 5]);
  const kept = await replay(one.publisher.replayEndpoint!, 0n);
  expect(kept).toHaveLength(3);
  const [, second] = kept;
  expect((await replay(one.publisher.replayEndpoint!, second.sequence)).map(({ sequence }) => sequence)).toEqual([
    second.sequence,
    second.sequence + 1n,
  ]);
  expect(await replay(one.publisher.replayEndpoint!, 10_000n)).toEqual([]);
});

test("it listens on the loopback by default, without a replay where none is wanted", async () => {
  const publisher = await openPublisher({ replayEndpoint: null });
  expect([publisher.endpoint.startsWith("tcp://127.0.0.1:"), publisher.replayEndpoint]).toEqual([true, null]);
  const { DEFAULT_KV_ENDPOINT, DEFAULT_KV_REPLAY_ENDPOINT } = await import("../../src/kv-events/index.ts");
  for (const endpoint of [DEFAULT_KV_ENDPOINT, DEFAULT_KV_REPLAY_ENDPOINT]) expect(endpoint).toContain("//127.0.0.1:");
});

test("an endpoint in use and a limit of nothing are refused by name", async () => {
  const publisher = await openPublisher();
  await expect(createKvEventPublisher({ ...ANY, endpoint: publisher.endpoint })).rejects.toThrow(publisher.endpoint);
  await expect(createKvEventPublisher({ ...ANY, bufferBatches: 0 })).rejects.toThrow(InvalidOptionError);
  await publisher.close();
  await publisher.close();
});
