import { mkdir, mkdtemp, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, sep } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { builtinModelFolder, loadModel } from "../../src/models/node.ts";
import { KNOWN_ARCHITECTURES } from "../../src/families/index.ts";
import type { Tensor } from "../../src/model.ts";
import { toFloat32 } from "../../src/quantization/index.ts";
import { HubServer } from "../support/hub-server.ts";
import {
  CONFIG,
  ifShared,
  json,
  modelFiles,
  noSharedModels,
  sharedModels,
  type ModelFiles,
} from "../support/model-files.ts";

const root = await mkdtemp(join(tmpdir(), "bstar-models-"));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(root, "model-"));
});
afterAll(() => rm(root, { recursive: true }));

async function write(files: ModelFiles): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, bytes]) => writeFile(join(folder, name), bytes)));
}

test("loads a model of the Hub by its name", async () => {
  await using server = await HubServer.start();
  for (const [name, bytes] of Object.entries(modelFiles())) {
    server.files.set(name, { bytes, large: name.endsWith(".safetensors") });
  }
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  vi.stubEnv("HF_TOKEN", "");
  vi.stubEnv("BSTAR_CACHE", folder);
  try {
    expect(await loadModel("hf:org/name")).toMatchObject({ contextLength: 64, eosTokenIds: [1] });
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await loadModel("hf:org/name")).toMatchObject({ contextLength: 64 });
    await expect(loadModel("hf:org")).rejects.toThrow(
      '"hf:org" is no name of the Hub, expected hf:org/name[@revision][:file]',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

test("loads a folder, and names the model by it", async () => {
  await write(modelFiles());
  const loaded = await loadModel(folder);
  expect(loaded).toMatchObject({ name: basename(folder), contextLength: 64, eosTokenIds: [1], bosTokenId: 0 });
  expect(loaded.model.head.bytes.buffer.byteLength).toBe(300 * 16 * 4);
});

test("takes a relative path, with or without a slash at its end", async () => {
  await write(modelFiles());
  expect((await loadModel(relative(process.cwd(), folder) + sep)).name).toBe(basename(folder));
});

test("follows links to files, as download caches have them", async () => {
  const { "model.safetensors": weights, ...others } = modelFiles();
  await write({ ...others, blob: weights });
  await symlink("blob", join(folder, "model.safetensors"));
  expect((await loadModel(folder)).model.layers).toHaveLength(2);
});

describe("refuses", () => {
  test("a folder that is not there, and says what it looked for", async () => {
    const path = join(folder, "nowhere");
    await expect(loadModel(path)).rejects.toThrow(
      new InvalidModelError(`model folder ${JSON.stringify(path)} does not exist (looked for ${path})`),
    );
    const below = relative(process.cwd(), path);
    await expect(loadModel(below)).rejects.toThrow(
      new InvalidModelError(`model folder ${JSON.stringify(below)} does not exist (looked for ${path})`),
    );
  });

  test("no name at all", async () => {
    await expect(loadModel("")).rejects.toThrow(new InvalidModelError("the name of the model folder is empty"));
  });

  test("a file", async () => {
    const path = join(folder, "config.json");
    await writeFile(path, "{}");
    await expect(loadModel(path)).rejects.toThrow(
      new InvalidModelError(`model ${JSON.stringify(path)} is neither a folder nor a .gguf file (looked at ${path})`),
    );
    await expect(loadModel(join(path, "deeper"))).rejects.toThrow(/^model folder ".*deeper" does not exist/);
  });

  test("an empty folder", async () => {
    await expect(loadModel(folder)).rejects.toThrow(new InvalidModelError(`${folder}: config.json is missing`));
  });

  test("a folder in a file's place", async () => {
    await write(modelFiles({ "tokenizer.json": undefined }));
    await mkdir(join(folder, "tokenizer.json"));
    await expect(loadModel(folder)).rejects.toThrow(new InvalidModelError(`${folder}: tokenizer.json is not a file`));
  });

  test("a link that leads nowhere as a missing file", async () => {
    await write(modelFiles({ "config.json": undefined }));
    await symlink("gone", join(folder, "config.json"));
    await expect(loadModel(folder)).rejects.toThrow(new InvalidModelError(`${folder}: config.json is missing`));
  });

  test("a link that leads in a circle", async () => {
    await write(modelFiles({ "config.json": undefined }));
    await symlink("config.json", join(folder, "config.json"));
    await expect(loadModel(folder)).rejects.toThrow(/config\.json cannot be read \(ELOOP/);
  });

  test("a truncated file", async () => {
    await write(modelFiles());
    const weights = join(folder, "model.safetensors");
    await truncate(weights, (await stat(weights)).size - 100);
    await expect(loadModel(folder)).rejects.toThrow(
      /^.*: model\.safetensors: lm_head\.weight ends at byte 54080, but the file has only 53980 bytes of data/,
    );
  });

  test("another architecture", async () => {
    await write(modelFiles({ "config.json": json({ ...CONFIG, architectures: ["MambaForCausalLM"] }) }));
    await expect(loadModel(folder)).rejects.toThrow(
      new UnsupportedModelError(
        `${folder}: config.json: architecture "MambaForCausalLM" is not implemented, only ${KNOWN_ARCHITECTURES}`,
      ),
    );
  });

  test("a file far larger than its header says, without reading it", async () => {
    await write(modelFiles());
    await truncate(join(folder, "model.safetensors"), 2 ** 43);
    await expect(loadModel(folder)).rejects.toThrow(/bytes 54080 to \d+ of the data belong to no tensor/);
  });
});

test("the built-in model lies in the package, two levels above this code", () => {
  expect(relative(process.cwd(), builtinModelFolder())).toBe(join("models", "builtin"));
});

test("loads the built-in model", async () => {
  const { name, model, tokenizer, eosTokenIds, bosTokenId } = await loadModel("builtin");
  expect(name).toBe("builtin");
  expect(model.config.kvHeadCount).toBeLessThan(model.config.headCount);
  expect(tokenizer.encode("")).toEqual([bosTokenId]);
  expect(tokenizer.vocabSize).toBeLessThanOrEqual(model.config.vocabSize);
  expect(tokenizer.decode(tokenizer.encode("Once upon a time, é 🦙"))).toBe("Once upon a time, é 🦙");
  expect(eosTokenIds.length).toBeGreaterThan(0);
});

describe.skipIf(noSharedModels)(`shared models${ifShared}`, () => {
  test.each([
    ["stories260K-hf", 260_032],
    ["babyllama105-hf", 936_448],
  ])("%s has %i parameters", async (name, parameters) => {
    const { model } = await loadModel(join(sharedModels, name));
    const { embedding, finalNorm, layers } = model;
    const all = [embedding, finalNorm, ...layers.flatMap((layer) => Object.values(layer) as (Tensor | null)[])].filter(
      (tensor) => tensor !== null,
    );
    expect(all.reduce((sum, tensor) => sum + toFloat32(tensor).length, 0)).toBe(parameters);
    expect(model.head).toBe(embedding);
  });
});
