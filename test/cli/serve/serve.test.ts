import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { bstar } from "../../support/cli-io.ts";
import { SERVE, startServe } from "../../support/serve-command.ts";

test("serves a model, says so in one line, and ends quietly when it is told to", async () => {
  const { io, url, stop } = await startServe("--served-model-name", "tiny", "--queue", "vtc", "--max-waiting", "9");
  expect(io.stdout.text).toMatch(
    /^bstar: serving http:\/\/127\.0\.0\.1:\d+\/v1 \(tiny, reference backend, 512 tokens of context\)\n$/,
  );
  const client = new OpenAI({ apiKey: "unused", baseURL: url, maxRetries: 0 });
  const { choices } = await client.completions.create({ model: "tiny", prompt: "Once", max_tokens: 2 });
  expect(choices).toHaveLength(1);
  expect(await (await fetch(url.replace("/v1", "/health"))).text()).toBe("");
  expect(await stop()).toBe(0);
  const [request, , end] = io.stderr.text.split("\n");
  expect(JSON.parse(request)).toMatchObject({ path: "/v1/completions", status: 200, outputTokens: 2 });
  expect(end).toBe("bstar: shutting down; running requests have 30 seconds");
});

test("keys of a file are asked for; an address that others reach warns without them", async () => {
  const file = keyFile("# ours\n0123456789abcdef name=alice requests=5\n");
  const { url, stop } = await startServe("--api-key-file", file, "--log", "errors");
  const answer = await fetch(`${url}/models`);
  expect(answer.status).toBe(401);
  expect((await fetch(`${url}/models`, { headers: { authorization: "Bearer 0123456789abcdef" } })).status).toBe(200);
  await stop();
  const open = await startServe("--host", "0.0.0.0", "--log", "none");
  await open.stop();
  expect(open.io.stderr.text).toMatch(/^bstar: other machines can reach this address, .* --api-key-file/);
});

test("a recording is a trace that simulate replays, with what was measured beside what is simulated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bstar-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "requests.jsonl");
  const { url, stop } = await startServe("--record", file, "--log", "none");
  const client = new OpenAI({ apiKey: "unused", baseURL: url, maxRetries: 0 });
  const ask = (prompt: string) => client.completions.create({ model: "builtin", prompt, max_tokens: 3 });
  await Promise.all([ask("Once upon a time there was"), ask("Once upon a time there was"), ask("Once")]);
  expect(await stop()).toBe(0);
  expect(readFileSync(file, "utf8")).not.toMatch(/Once|upon/);
  const replay = ["simulate", "--trace", file, "--model", "llama-3-8b", "--gpu", "h100"];
  const { code, out } = await bstar([...replay, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ requests: { completed: 3 }, measured: { requests: 3 } });
  expect((await bstar(replay)).out).toMatch(/measured: whole answer +\d/);
  expect((await bstar([...SERVE, "--record", file])).err).toMatch(/--record: .* is there already/);
});

test("what is wrong is said before anything is loaded", async () => {
  const complaint = async (...args: string[]) => {
    const { code, err } = await bstar([...SERVE, ...args]);
    return `${code} ${err}`;
  };
  expect(await complaint("--limit", "stop=3")).toMatch(
    /^2 bstar: --limit must be NAME=N with one of bodyBytes, .*, got "stop=3"\n$/,
  );
  expect(await complaint("--queue", "lifo")).toMatch(
    /^2 bstar: .*'lifo' is invalid. Allowed choices are fcfs, priority/,
  );
  expect(await complaint("--target-ms", "5")).toBe("2 bstar: --target-ms is for --budget measured\n");
  expect(await complaint("--chunking", "slo")).toMatch(/^2 bstar: --chunking slo needs a target to keep/);
  expect(await complaint("--api-key-file", "nowhere")).toMatch(/^2 bstar: --api-key-file: cannot read nowhere/);
  expect(await complaint("--api-key-file", keyFile("\n# none\n"))).toMatch(/has no keys\n$/);
  expect(await complaint("--api-key-file", keyFile("0123456789abcdef limit=3"))).toMatch(
    /line 1: a key is followed by name=, salt=, requests=, tokens=, got "limit=3"\n$/,
  );
});

test("a port that is taken is a usage error that says so", async () => {
  const { url, stop } = await startServe();
  const port = new URL(url).port;
  const { code, err } = await bstar(["serve", "--backend", "reference", "--port", port]);
  expect({ code, err }).toEqual({
    code: 2,
    err: `bstar: port ${port} of 127.0.0.1 is in use: --port takes another one\n`,
  });
  await stop();
});

function keyFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "bstar-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "keys.txt");
  writeFileSync(file, text);
  return file;
}
