import { afterEach, expect, test, vi } from "vitest";
import { loadModel } from "../../src/models/load-model.ts";
import { modelFiles } from "../support/model-files.ts";

afterEach(() => vi.unstubAllGlobals());

test("takes folders from the file system", async () => {
  await expect(loadModel("no/such/folder")).rejects.toThrow(/^model folder "no\/such\/folder" does not exist/);
});

test("takes URLs over HTTP", async () => {
  const files = modelFiles();
  vi.stubGlobal("fetch", ({ pathname }: URL) => {
    const body = files[pathname.slice("/tiny/".length)];
    return Promise.resolve(
      new Response(body === undefined ? null : Uint8Array.from(body), { status: body === undefined ? 404 : 200 }),
    );
  });
  expect((await loadModel("http://example.test/tiny")).name).toBe("tiny");
});
