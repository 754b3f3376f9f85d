import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { UsageError } from "../../src/cli/failure.ts";
import { openModel } from "../../src/cli/model-source.ts";
import { InvalidModelError } from "../../src/errors.ts";
import { residentModel } from "../../src/models/resident.ts";
import { randomModel } from "../../src/testing/random-model.ts";
import { memoryIo } from "../support/cli-io.ts";
import { fixtures, ifFixtures, noFixtures } from "../support/fixtures.ts";
import { ggufOf } from "../support/gguf-files.ts";
import { HubServer } from "../support/hub-server.ts";
import { modelFiles } from "../support/model-files.ts";

test("builtin is the model that ships with the package", async () => {
  const opened = await openModel("builtin");
  expect(opened).toMatchObject({ name: "builtin", contextLength: expect.any(Number) });
  await opened.close();
});

test.each([
  ["no-such-folder", "does not exist"],
  ["", "does not exist"],
  ["package.json", "is neither a folder nor a .gguf file"],
])("%j is bad usage", async (folder, problem) => {
  await expect(openModel(folder)).rejects.toThrow(UsageError);
  await expect(openModel(folder)).rejects.toThrow(`--model: "${folder}" ${problem}`);
});

test("a folder without a model is a damaged model", async () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  await expect(openModel(folder)).rejects.toThrow(InvalidModelError);
});

test("a model of the Hub is downloaded by its name, and told on the way", async () => {
  await using server = await HubServer.start();
  for (const [name, bytes] of Object.entries(modelFiles())) {
    server.files.set(name, { bytes, large: name.endsWith(".safetensors") });
  }
  const cache = mkdtempSync(join(tmpdir(), "bstar-store-"));
  for (const [name, value] of Object.entries({ HF_ENDPOINT: server.endpoint, HF_TOKEN: "", BSTAR_CACHE: cache })) {
    vi.stubEnv(name, value);
  }
  try {
    const io = memoryIo();
    const opened = await openModel("hf:org/name", {}, io);
    expect(opened).toMatchObject({ contextLength: 64 });
    await opened.close();
    expect(io.stderr.text).toMatch(/downloading model\.safetensors: 100% of \d+\.\d MiB\n/);
    await (await openModel("hf:org/name", {}, io)).close();
    expect(io.stderr.text.match(/model\.safetensors: 100%/g)).toHaveLength(1);
  } finally {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  }
});

test.skipIf(noFixtures)(`a GGUF file${ifFixtures}`, async () => {
  const { chat, tokenizer, close } = await openModel(`${fixtures}gguf/llama3-Q8_0.gguf`);
  expect(chat.name).toBe("tokenizer.chat_template");
  expect(tokenizer.encode("Hello")[0]).toBe(442);
  await close();
});

test("how far large weights are read is told, a tenth a line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bstar-weights-"));
  const small = randomModel(1, { layerCount: 1 });
  const zeros = (out: number, inputs: number) => ({
    name: "",
    dtype: "F32" as const,
    shape: [out, inputs],
    bytes: new Uint8Array(out * inputs * 4),
  });
  const [config, { hiddenSize: hidden }] = [{ ...small.config, intermediateSize: 45_000 }, small.config];
  const wide = { gate: zeros(45_000, hidden), up: zeros(45_000, hidden), down: zeros(hidden, 45_000) };
  const model = { ...small, config, layers: [{ ...small.layers[0], ...wide }] };
  writeFileSync(join(folder, "model.gguf"), ggufOf("llama", model));
  try {
    const io = memoryIo();
    const opened = await openModel(join(folder, "model.gguf"), {}, io);
    expect(io.stderr.text).toBe("");
    await residentModel(opened.model);
    await opened.close();
    expect(io.stderr.text.split("\n").at(-2)).toMatch(/^loading weights: 100% of 1\d\.\d MiB$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
