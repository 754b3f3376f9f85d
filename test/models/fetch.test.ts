import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { loadModel } from "../../src/models/fetch.ts";
import { loadModel as loadFiles } from "../../src/models/node.ts";
import type { LoadedModel, LoadOptions, LoadProgress } from "../../src/models/index.ts";
import type { Model, Tensor } from "../../src/model.ts";
import { randomModel } from "../../src/testing/index.ts";
import { FileServer } from "../support/file-server.ts";
import { ggufOf } from "../support/gguf-files.ts";
import { modelFiles, type ModelFiles, safetensors, type TensorInput, tensors } from "../support/model-files.ts";

afterEach(() => vi.unstubAllGlobals());

/** A server that has these files under this URL; what it was asked for. */
function serve(base: string, files: ModelFiles): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: URL) => {
    asked.push(url.href);
    const body = url.href.startsWith(base) ? files[url.href.slice(base.length)] : undefined;
    return Promise.resolve(
      body === undefined ? new Response("not found", { status: 404 }) : new Response(Uint8Array.from(body)),
    );
  });
  return asked;
}

test.each(["https://example.test/models/my%20model", "https://example.test/models/my%20model/"])(
  "loads what lies under %s",
  async (url) => {
    serve("https://example.test/models/my%20model/", modelFiles());
    expect(await loadModel(url)).toMatchObject({ name: "my model", contextLength: 64 });
  },
);

test("takes a path relative to the page", async () => {
  vi.stubGlobal("location", { href: "https://example.test/app/index.html" });
  serve("https://example.test/app/models/tiny/", modelFiles());
  expect((await loadModel("models/tiny")).name).toBe("tiny");
});

test("names a model at the root by its host", async () => {
  serve("https://example.test/", modelFiles());
  expect((await loadModel("https://example.test")).name).toBe("example.test");
});

test("looks for the built-in model in the package", async () => {
  const asked = serve("https://nowhere.test/", {});
  await expect(loadModel("builtin")).rejects.toThrow(/\/models\/builtin\/: config\.json is missing$/);
  expect(asked[0]).toMatch(/\/models\/builtin\/config\.json$/);
});

test("refuses what is no URL where there is no page", async () => {
  await expect(loadModel("models/tiny")).rejects.toThrow(new InvalidModelError('model "models/tiny" is not a URL'));
});

test("refuses an answer that is an error, and a server that does not answer", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 503 })));
  await expect(loadModel("https://example.test/m")).rejects.toThrow(
    new InvalidModelError("https://example.test/m/config.json cannot be fetched (HTTP 503)"),
  );
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
  await expect(loadModel("https://example.test/m")).rejects.toThrow(
    new InvalidModelError("https://example.test/m/config.json cannot be fetched (fetch failed)"),
  );
  const cause = new Error("connect ECONNREFUSED 127.0.0.1:9");
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed", { cause })));
  await expect(loadModel("https://example.test/m")).rejects.toThrow("cannot be fetched (fetch failed: connect ECONN");
});

test("takes a model of the Hub by its name", async () => {
  serve("https://huggingface.co/org/name/resolve/v1/", modelFiles());
  expect(await loadModel("hf:org/name@v1")).toMatchObject({ contextLength: 64 });
});

describe("a server on the loopback", () => {
  const files = modelFiles({ "model.safetensors": safetensors(numbered()) });
  const gguf = ggufOf("llama", randomModel(3));
  let server: FileServer;

  beforeEach(async () => {
    server = await FileServer.start();
    for (const [name, bytes] of Object.entries(files)) server.files.set(`m/${name}`, bytes);
    server.files.set("tiny.gguf", gguf);
    return () => server[Symbol.asyncDispose]();
  });

  test.each([true, false])("gives a folder and a GGUF file as they are on the disk; ranges: %s", async (ranges) => {
    server.ranges = ranges;
    const folder = mkdtempSync(join(tmpdir(), "bstar-model-"));
    try {
      for (const [name, bytes] of Object.entries({ ...files, "tiny.gguf": gguf })) {
        writeFileSync(join(folder, name), bytes);
      }
      expectSameModel(await loadModel(`${server.url}/m`), await loadFiles(folder));
      expectSameModel(await loadModel(`${server.url}/tiny.gguf`), await loadFiles(join(folder, "tiny.gguf")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(["m/model.safetensors", "tiny.gguf"])(
    "%s is read in ranges where the server can, else once",
    async (path) => {
      const asked = async (): Promise<string[]> => {
        server.seen.length = 0;
        await loadModel(`${server.url}/${path.replace("model.safetensors", "")}`);
        return server.seen.filter((each) => each.startsWith(path));
      };
      const inRanges = await asked();
      expect(inRanges.length).toBeGreaterThan(20);
      expect(inRanges.every((each) => /bytes=\d+-\d+$/.test(each))).toBe(true);
      server.ranges = false;
      expect(await asked()).toEqual([`${path} bytes=0-0`]);
    },
  );

  const PAGE = { status: 200, type: "text/html; charset=utf-8", body: "<html>not found</html>" };
  const ABSENT = [{ status: 403 }, { status: 404 }, { status: 410 }, PAGE];

  test.each(ABSENT)(
    "an optional file that is answered with %o is not there, a needed one is named with its URL",
    async (answer) => {
      for (const name of ["generation_config.json", "tokenizer_config.json", "chat_template.jinja"]) {
        server.files.set(`m/${name}`, answer);
      }
      expect((await loadModel(`${server.url}/m`)).chat.name).toBe("plain");
      server.files.set("m/tokenizer.json", answer);
      await expectInvalid(`${server.url}/m`, `${server.url}/m/: tokenizer.json is missing`);
      server.files.set("tiny.gguf", answer);
      await expectInvalid(`${server.url}/tiny.gguf`, `${server.url}/tiny.gguf is not there`);
    },
  );

  test.each([401, 429, 500])("HTTP %i is an error of any file", async (status) => {
    server.files.set("m/generation_config.json", { status });
    await expectInvalid(`${server.url}/m`, `${server.url}/m/generation_config.json cannot be fetched (HTTP ${status})`);
  });

  test.each([
    ["m/config.json", 10, true],
    ["m/tokenizer.json", 1000, true],
    ["m/model.safetensors", 1000, true],
    ["m/model.safetensors", 40_000, false],
    ["tiny.gguf", 2000, true],
    ["tiny.gguf", 40_000, false],
  ])(
    "a connection that is cut within %s after %i bytes is an error with its URL; ranges: %s",
    async (path, bytes, ranges) => {
      Object.assign(server, { cut: { path, bytes }, ranges });
      const loading = loadModel(`${server.url}/${path.replace(/^m\/.*/, "m")}`);
      await expect(loading).rejects.toThrow(InvalidModelError);
      await expect(loading).rejects.toThrow(`${server.url}/${path} cannot be fetched (`);
    },
  );

  test.each(["m", "tiny.gguf"])(
    "%s: progress is told, and an abort in the middle ends loading with its reason",
    async (path) => {
      const told: LoadProgress[] = [];
      await loadModel(`${server.url}/${path}`, { onProgress: (progress) => told.push(progress) });
      expect(told.length).toBeGreaterThan(20);
      expect(told.at(-1)!.bytesRead).toBe(told[0].totalBytes);

      const controller = new AbortController();
      const reason = new Error("enough");
      let calls = 0;
      const options: LoadOptions = {
        signal: controller.signal,
        onProgress: () => ++calls === 5 && controller.abort(reason),
      };
      await expect(loadModel(`${server.url}/${path}`, options)).rejects.toBe(reason);
      expect(calls).toBe(5);
    },
  );

  async function expectInvalid(url: string, message: string): Promise<void> {
    const error: unknown = await loadModel(url).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(InvalidModelError);
    expect((error as Error).message.slice(0, message.length)).toBe(message);
  }
});

/** All tensors of the small model, of numbers that differ. */
function numbered(): Record<string, TensorInput> {
  const all = Object.entries(tensors()).map(([name, { dtype, shape }]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 97) / 97);
    return [name, { dtype, shape, bytes: new Uint8Array(values.buffer) }];
  });
  return Object.fromEntries(all) as Record<string, TensorInput>;
}

function expectSameModel(actual: LoadedModel, expected: LoadedModel): void {
  expect(actual.contextLength).toBe(expected.contextLength);
  expect(actual.eosTokenIds).toEqual(expected.eosTokenIds);
  expect(actual.tokenizer.encode("hello world")).toEqual(expected.tokenizer.encode("hello world"));
  expect(tensorsOf(actual.model)).toEqual(tensorsOf(expected.model));
}

function tensorsOf({ config, embedding, head, finalNorm, layers }: Model): unknown {
  const plain = (tensor: Tensor | null): unknown =>
    tensor && { ...tensor, bytes: Buffer.from(tensor.bytes).toString("hex") };
  return {
    config,
    rest: [embedding, head, finalNorm].map(plain),
    layers: layers.map((layer) => Object.values(layer).map(plain)),
  };
}
