import { afterEach, expect, test, vi } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { loadModel } from "../../src/models/fetch.ts";
import { modelFiles, type ModelFiles } from "../support/model-files.ts";

afterEach(() => vi.unstubAllGlobals());

/** A server that has these files under this URL; what it was asked for. */
function serve(base: string, files: ModelFiles): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: URL) => {
    asked.push(url.href);
    const body = url.href.startsWith(base) ? files[url.href.slice(base.length)] : undefined;
    return Promise.resolve(body === undefined ? new Response("not found", { status: 404 }) : new Response(Uint8Array.from(body)));
  });
  return asked;
}

test.each(["https://example.test/models/my%20model", "https://example.test/models/my%20model/"])("loads what lies under %s", async (url) => {
  serve("https://example.test/models/my%20model/", modelFiles());
  expect(await loadModel(url)).toMatchObject({ name: "my model", contextLength: 64 });
});

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
  await expect(loadModel("https://example.test/m")).rejects.toThrow(new InvalidModelError("https://example.test/m/config.json cannot be fetched (HTTP 503)"));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
  await expect(loadModel("https://example.test/m")).rejects.toThrow(new InvalidModelError("https://example.test/m/config.json cannot be fetched (fetch failed)"));
});

test("takes a model of the Hub by its name", async () => {
  serve("https://huggingface.co/org/name/resolve/v1/", modelFiles());
  expect(await loadModel("hf:org/name@v1")).toMatchObject({ contextLength: 64 });
});
