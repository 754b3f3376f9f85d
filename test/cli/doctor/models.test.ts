import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findModels } from "../../../src/cli/doctor/models.ts";
import { CONFIG } from "../../support/model-files.ts";

const folder = mkdtempSync(join(tmpdir(), "bstar-models-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, files: Record<string, string>): void {
  mkdirSync(join(folder, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
}

test("the built-in model is always there", () => {
  expect(findModels("no-such-folder")).toEqual([
    expect.objectContaining({ name: "builtin", architecture: "LlamaForCausalLM", problem: null }),
  ]);
});

test("models of a folder, with what is wrong with them", () => {
  write("a-good", {
    "config.json": JSON.stringify(CONFIG),
    "x-00001.safetensors": "1234",
    "x-00002.safetensors": "56",
  });
  write("b-empty", { "config.json": JSON.stringify(CONFIG) });
  write("c-broken", { "config.json": "{", "model.safetensors": "" });
  write("d-other", { "readme.txt": "no model" });
  const [, ...found] = findModels(folder);
  expect(found.map(({ name }) => name)).toEqual(["a-good", "b-empty", "c-broken"]);
  expect(found[0]).toMatchObject({ weightBytes: 6, problem: null });
  expect(found[1]).toMatchObject({ problem: "has no .safetensors file" });
  expect(found[2].problem).toContain("config.json");
});
