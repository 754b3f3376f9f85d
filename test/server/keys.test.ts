import { describe, expect, test } from "vitest";
import { KeyRing } from "../../src/server/keys.ts";
import OpenAI from "openai";
import { vtc } from "../../src/policies/queue/vtc.ts";
import { someTurns } from "../support/engines.ts";
import { clientOf, post, serveScripted } from "../support/served.ts";

const authorized = (authorization: string): Headers => new Headers({ authorization });

test("a key is recognized whatever the case of its scheme, and nothing else is", async () => {
  const ring = new KeyRing([{ key: "0123456789abcdef", name: "a" }], () => 0);
  expect((await ring.clientOf(authorized("Bearer 0123456789abcdef"))).name).toBe("a");
  expect((await ring.clientOf(authorized("bearer  0123456789abcdef"))).name).toBe("a");
  for (const given of [
    "",
    "0123456789abcdef",
    "Bearer ",
    "Bearer 0123456789abcdeg",
    "Bearer 0123456789abcde",
    "Basic 0123456789abcdef",
  ]) {
    await expect(ring.clientOf(authorized(given))).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
  }
  await expect(ring.clientOf(new Headers())).rejects.toMatchObject({ status: 401 });
});

test("keys that could be guessed, or that share a name, are refused without being shown", () => {
  const make =
    (...keys: { key: string; name: string; tokensPerMinute?: number }[]) =>
    () =>
      new KeyRing(keys, () => 0);
  expect(make({ key: "short", name: "a" })).toThrow(/^keys\[0\]\.key must have 16 characters at least/);
  expect(make({ key: "short", name: "a" })).not.toThrow(/short/);
  const key = "0123456789abcdef";
  expect(make({ key, name: "a" }, { key: `${key}0`, name: "a" })).toThrow(
    /keys\[1\]\.name must be a name that no other/,
  );
  expect(make({ key, name: "a", tokensPerMinute: 0 })).toThrow(/tokensPerMinute must be an integer >= 1, got 0/);
});

describe("keys of a handler", () => {
  const alice = { key: "alice-0123456789abcdef", name: "alice" };
  const bob = { key: "bob-0123456789abcdef", name: "bob", requestsPerMinute: 2, tokensPerMinute: 40 };
  const carol = { key: "carol-0123456789abcdef", name: "carol", cacheSalt: "alice" };

  test("let in their owners alone; /health and /ping need none", async () => {
    const { handler, engine } = serveScripted({ keys: [alice, bob] });
    expect((await handler(new Request("http://test/health"))).status).toBe(200);
    expect((await handler(new Request("http://test/ping"))).status).toBe(200);
    const bare = await handler(new Request("http://test/v1/models"));
    expect({ status: bare.status, body: await bare.json() }).toMatchObject({
      status: 401,
      body: { error: { code: "invalid_api_key" } },
    });
    await expect(clientOf(handler, "wrong-0123456789abcdef").models.list()).rejects.toThrow(OpenAI.AuthenticationError);
    expect((await clientOf(handler, alice.key).models.list()).data).toHaveLength(1);
    await engine.dispose();
  });

  test("have limits of requests and tokens of their own", async () => {
    const { handler, engine } = serveScripted({ keys: [alice, bob] });
    const headers = { authorization: `Bearer ${bob.key}` };
    const ask = (max: number) => post(handler, "/v1/completions", { prompt: "abc", max_tokens: max }, { headers });
    const tooMany = await ask(100);
    expect(tooMany).toMatchObject({ status: 429, body: { error: { type: "rate_limit_error" } } });
    expect(tooMany.headers.get("retry-after")).toBeNull();
    expect((await ask(10)).status).toBe(200);
    const third = await ask(1);
    expect(third.status).toBe(429);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(
      (await clientOf(handler, alice.key).completions.create({ model: "scripted", prompt: "abc" })).choices,
    ).toHaveLength(1);
    await engine.dispose();
  });

  test("share the engine evenly under vtc: a flood and a priority of one key hold no other key up", async () => {
    const { handler, backend, engine } = serveScripted({
      keys: [alice, carol],
      engine: { queue: vtc(), maxRequests: 1 },
    });
    const ended: string[] = [];
    const ask = async ({ key, name }: { key: string; name: string }, priority: number): Promise<void> => {
      const headers = { authorization: `Bearer ${key}` };
      const body = { prompt: "abc", max_tokens: 4, priority };
      expect((await post(handler, "/v1/completions", body, { headers })).status).toBe(200);
      ended.push(`${name} ${priority}`);
    };
    backend.hold();
    const flood = [0, 0, 0, 0, -5].map((priority) => ask(alice, priority));
    await someTurns();
    const late = ask(carol, 3);
    await someTurns();
    backend.release();
    await Promise.all([...flood, late]);
    // The first was running; then the key that had nothing, and of the other one its urgent request first.
    expect(ended).toEqual(["alice 0", "carol 3", "alice -5", "alice 0", "alice 0", "alice 0"]);
    await engine.dispose();
  });

  test("share no cached prefixes, unless their salts say so", async () => {
    const { handler, engine } = serveScripted({ keys: [alice, bob, carol] });
    const ask = async ({ key }: { key: string }): Promise<number> => {
      const before = engine.stats().cachedTokens;
      const headers = { authorization: `Bearer ${key}` };
      await post(handler, "/v1/completions", { prompt: "a prompt of some blocks", max_tokens: 1 }, { headers });
      return engine.stats().cachedTokens - before;
    };
    expect(await ask(alice)).toBe(0);
    expect(await ask(bob)).toBe(0);
    expect(await ask(carol)).toBe(20);
    expect(await ask(alice)).toBe(20);
    await engine.dispose();
  });
});
