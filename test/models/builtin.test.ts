import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { embeddedBuiltin } from "../../scripts/embed-builtin.ts";
import { builtinFiles, builtinUrl } from "../../src/models/builtin.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.doUnmock("../../src/models/builtin-files.ts");
  vi.resetModules();
});

/** What the build writes, as a module. */
async function embedded(): Promise<{ BUILTIN_FILES: Record<string, string> }> {
  const url = `data:text/javascript;base64,${Buffer.from(embeddedBuiltin()).toString("base64")}`;
  return (await import(/* @vite-ignore */ url)) as { BUILTIN_FILES: Record<string, string> };
}

test("the sources have no files in a module, but a folder", async () => {
  expect(await builtinFiles()).toBeNull();
  expect(readFileSync(new URL("config.json", builtinUrl()), "utf8")).toContain("LlamaForCausalLM");
});

test("the package has them in a module, and asks no server", async () => {
  const module = await embedded();
  vi.doMock("../../src/models/builtin-files.ts", () => module);
  vi.resetModules();
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  const { loadModel } = await import("../../src/models/fetch.ts");
  const { name, model, tokenizer } = await loadModel("builtin");
  expect([name, model.layers.length > 0, tokenizer.encode("Once upon a time").length]).toEqual(["builtin", true, 5]);
});

test("each file comes back byte by byte", async () => {
  const { BUILTIN_FILES } = await embedded();
  for (const [name, base64] of Object.entries(BUILTIN_FILES)) {
    expect(Buffer.from(base64, "base64").equals(readFileSync(new URL(name, builtinUrl())))).toBe(true);
  }
});
