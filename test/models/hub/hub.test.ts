import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DownloadError, InvalidModelError } from "../../../src/errors.ts";
import { fetchFromHub } from "../../../src/models/hub/hub.ts";
import { HubServer } from "../../support/hub-server.ts";

const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7) & 0xff);
const text = (content: string): { bytes: Uint8Array } => ({ bytes: new TextEncoder().encode(content) });

let server: HubServer;
let cache: string;

beforeEach(async () => {
  server = await HubServer.start();
  cache = mkdtempSync(join(tmpdir(), "bstar-store-"));
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(cache, { recursive: true });
});

const get = (source: string, options: object = {}): Promise<string> =>
  fetchFromHub(source, { endpoint: server.endpoint, cache, ...options });

function addSafetensors(): void {
  server.files.set("config.json", text("{}"));
  server.files.set("tokenizer.json", text('{"a": 1}'));
  server.files.set("README.md", text("# hello"));
  server.files.set("model.safetensors", { bytes: bytes(300_000), large: true });
}

test("a safetensors model: its files and no others, whole, and asked for once", async () => {
  addSafetensors();
  const progress: number[] = [];
  const folder = await get("hf:org/name", {
    onProgress: (file: string, done: number) => file === "model.safetensors" && progress.push(done),
  });
  expect(
    readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .toSorted(),
  ).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
  expect(readFileSync(join(folder, "model.safetensors")).equals(bytes(300_000))).toBe(true);
  expect(progress.at(-1)).toBe(300_000);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  await get("hf:org/name");
  expect(server.downloads("model.safetensors").filter(({ origin }) => origin === "store")).toHaveLength(1);
});

test("shards are those that the index names", async () => {
  addSafetensors();
  server.files.delete("model.safetensors");
  server.files.set(
    "model.safetensors.index.json",
    text('{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}'),
  );
  for (const name of ["model-1.safetensors", "model-2.safetensors", "other.safetensors"]) {
    server.files.set(name, { bytes: bytes(100), large: true });
  }
  const names = readdirSync(await get("hf:org/name"));
  expect(names).toContain("model-2.safetensors");
  expect(names).not.toContain("other.safetensors");
});

test("an index names plain files alone", async () => {
  addSafetensors();
  server.files.delete("model.safetensors");
  server.files.set("model.safetensors.index.json", text('{"weight_map":{"a":"../../evil.safetensors"}}'));
  await expect(get("hf:org/name")).rejects.toThrow(
    new InvalidModelError('hf:org/name: "../../evil.safetensors" is no plain file name'),
  );
});

test("GGUF: the one that is there, or the one that is named", async () => {
  server.files.set("a.gguf", { bytes: bytes(50), large: true });
  expect(await get("hf:org/name")).toMatch(/a\.gguf$/);
  server.files.set("b.gguf", { bytes: bytes(60), large: true });
  await expect(get("hf:org/name")).rejects.toThrow(
    "hf:org/name has 2 GGUF files, choose one by hf:org/name:FILE: a.gguf, b.gguf",
  );
  expect(readFileSync(await get("hf:org/name:b.gguf"))).toHaveLength(60);
  await expect(get("hf:org/name:c.gguf")).rejects.toThrow(
    new InvalidModelError("hf:org/name:c.gguf has no file c.gguf"),
  );
});

describe("cut connections", () => {
  test("go on where they ended", async () => {
    server.files.set("a.gguf", { bytes: bytes(200_000), large: true });
    Object.assign(server, { cutAfter: 70_000, cuts: 2 });
    expect(readFileSync(await get("hf:org/name:a.gguf")).equals(bytes(200_000))).toBe(true);
    expect(server.downloads("a.gguf").filter(({ origin }) => origin === "store")).toHaveLength(3);
  });

  test("again and again are an error, and the next run goes on", async () => {
    server.files.set("a.gguf", { bytes: bytes(200_000), large: true });
    Object.assign(server, { cutAfter: 20_000, cuts: 100 });
    await expect(get("hf:org/name:a.gguf")).rejects.toThrow(
      /\/org\/name\/resolve\/main\/a\.gguf was cut 5 times, at byte \d+ of 200000; the next run goes on from there$/,
    );
    server.cuts = 0;
    expect(readFileSync(await get("hf:org/name:a.gguf")).equals(bytes(200_000))).toBe(true);
  });

  test("a file that changed in between begins anew", async () => {
    server.files.set("a.gguf", { bytes: bytes(200_000), large: true });
    Object.assign(server, { cutAfter: 20_000, cuts: 100 });
    await expect(get("hf:org/name:a.gguf")).rejects.toThrow(DownloadError);
    server.cuts = 0;
    server.files.set("a.gguf", { bytes: bytes(200_000, 2), large: true });
    expect(readFileSync(await get("hf:org/name:a.gguf")).equals(bytes(200_000, 2))).toBe(true);
  });
});

test.each([true, false])(
  "bytes that are not what the hash says are an error, and nothing is kept (large: %s)",
  async (large) => {
    server.files.set("a.gguf", { bytes: bytes(5000), large });
    server.damaged = true;
    await expect(get("hf:org/name:a.gguf")).rejects.toThrow(
      /a\.gguf is damaged: its hash is not [0-9a-f]+; it was deleted$/,
    );
    server.damaged = false;
    expect(readFileSync(await get("hf:org/name:a.gguf")).equals(bytes(5000))).toBe(true);
  },
);

test("a token goes to the Hub and to no other server, and into no message", async () => {
  addSafetensors();
  await get("hf:org/name", { token: "hf_secret" });
  for (const { origin, authorization } of server.seen) {
    expect(authorization).toBe(origin === "hub" ? "Bearer hf_secret" : undefined);
  }
  expect(server.seen.some(({ origin }) => origin === "store")).toBe(true);
  server.status = 403;
  const error = await get("hf:org/name", { token: "hf_secret" }).catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(DownloadError);
  expect(String(error)).not.toContain("hf_secret");
});

test.each([
  [
    401,
    DownloadError,
    /^hf:org\/name may not be read \(HTTP 401\) \(http:\/\/127\.0\.0\.1:\d+\/api\/models\/org\/name\/tree\/main\): it does not exist, or HF_TOKEN must belong/,
  ],
  [403, DownloadError, /may not be read \(HTTP 403\)/],
  [404, InvalidModelError, /^hf:org\/name does not exist \(HTTP 404\)/],
  [410, InvalidModelError, /does not exist \(HTTP 410\)/],
  [500, DownloadError, /^hf:org\/name cannot be fetched \(HTTP 500\)/],
])("HTTP %i", async (status, kind, message) => {
  server.status = status;
  await expect(get("hf:org/name")).rejects.toThrow(kind);
  await expect(get("hf:org/name")).rejects.toThrow(message);
});

test("what is in the store needs no server", async () => {
  addSafetensors();
  server.files.set("b.gguf", { bytes: bytes(60), large: true });
  const [folder, file] = [await get("hf:org/name"), await get("hf:org/name:b.gguf")];
  const gone = { endpoint: "http://127.0.0.1:9" };
  expect([await get("hf:org/name", gone), await get("hf:org/name:b.gguf", gone)]).toEqual([folder, file]);
  const asked = server.seen.length;
  expect(await get("hf:org/name", { offline: true })).toBe(folder);
  expect(server.seen).toHaveLength(asked);
  await expect(get("hf:org/other", gone)).rejects.toThrow(/^http:\/\/127\.0\.0\.1:9\/.* cannot be reached \(/);
  await expect(get("hf:org/other", { offline: true })).rejects.toThrow(
    "hf:org/other is not in the store, and HF_HUB_OFFLINE forbids to ask for it",
  );
});

test("half of a model is none", async () => {
  addSafetensors();
  Object.assign(server, { cutAfter: 10_000, cuts: 100 });
  await expect(get("hf:org/name")).rejects.toThrow(DownloadError);
  await expect(get("hf:org/name", { offline: true })).rejects.toThrow(DownloadError);
});

test("aborts", async () => {
  addSafetensors();
  await expect(get("hf:org/name", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  const controller = new AbortController();
  await expect(
    get("hf:org/name", { signal: controller.signal, onProgress: () => controller.abort(new Error("later")) }),
  ).rejects.toThrow("later");
});

test("a repository that is no model", async () => {
  server.files.set("README.md", text("# hello"));
  await expect(get("hf:org/name")).rejects.toThrow(
    "hf:org/name is no model that bstar reads: it has neither model.safetensors with config.json nor a GGUF file",
  );
});
