import { expect, test } from "vitest";
import { KNOWN_ARCHITECTURES } from "../../src/families/index.ts";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { loadModelFromFiles } from "../../src/models/load.ts";
import { CONFIG, json, modelFiles, reader, safetensors, tensors } from "../support/model-files.ts";

test("puts a model together from its files", async () => {
  const loaded = await loadModelFromFiles("tiny", reader(modelFiles()));
  expect(loaded).toMatchObject({ name: "tiny", contextLength: 64, eosTokenIds: [1], bosTokenId: 0 });
  expect(loaded.model.layers).toHaveLength(2);
  expect(loaded.tokenizer.decode(loaded.tokenizer.encode("the"))).toBe("the");
});

test("takes end-of-text ids from generation_config.json where it is there", async () => {
  const files = modelFiles({ "generation_config.json": json({ eos_token_id: [2, 3] }) });
  expect(await loadModelFromFiles("tiny", reader(files))).toMatchObject({ eosTokenIds: [2, 3], bosTokenId: 0 });
});

test.each(["F32", "F16", "BF16"])("loads %s weights, as views into the file's bytes", async (dtype) => {
  const files = modelFiles({ "model.safetensors": safetensors(tensors(dtype)) });
  const { model } = await loadModelFromFiles("tiny", reader(files));
  expect(model.layers[1].down).toMatchObject({ dtype, shape: [16, 24] });
  expect(model.layers[1].down.bytes.buffer).toBe(files["model.safetensors"].buffer);
});

test("loads shards", async () => {
  const all = Object.entries(tensors("F16"));
  const [one, two] = [all.slice(0, 7), all.slice(7)];
  const weightMap = [...one.map(([name]) => [name, "a.safetensors"]), ...two.map(([name]) => [name, "b.safetensors"])];
  const files = modelFiles({
    "model.safetensors": undefined,
    "model.safetensors.index.json": json({ weight_map: Object.fromEntries(weightMap) as unknown }),
    "a.safetensors": safetensors(Object.fromEntries(one)),
    "b.safetensors": safetensors(Object.fromEntries(two)),
  });
  const { model } = await loadModelFromFiles("tiny", reader(files));
  expect(model.head.bytes.buffer).toBe(files["b.safetensors"].buffer);
});

test.each<[string, Parameters<typeof modelFiles>[0], string]>([
  ["no config.json", { "config.json": undefined }, "config.json is missing"],
  ["no tokenizer.json", { "tokenizer.json": undefined }, "tokenizer.json is missing"],
  [
    "no weights",
    { "model.safetensors": undefined },
    "no weights: neither model.safetensors nor model.safetensors.index.json is there",
  ],
  ["a config.json that is a list", { "config.json": json([]) }, "config.json: must be a JSON object, got []"],
  [
    "a broken generation_config.json",
    { "generation_config.json": json({ eos_token_id: -1 }) },
    "generation_config.json: eos_token_id must be an id or a list of ids from 0 to 299, got -1",
  ],
  [
    "shapes of another config",
    { "config.json": json({ ...CONFIG, intermediate_size: 32 }) },
    "model.safetensors: model.layers.0.mlp.down_proj.weight has shape [16, 24], the configuration implies [16, 32]",
  ],
  [
    "truncated weights",
    { "model.safetensors": modelFiles()["model.safetensors"].subarray(0, -1) },
    "model.safetensors: lm_head.weight ends at byte 54080, but the file has only 54079 bytes of data: it is truncated or its header lies",
  ],
])("refuses %s", async (_, changes, message) => {
  await expect(loadModelFromFiles("tiny", reader(modelFiles(changes)))).rejects.toThrow(new InvalidModelError(message));
});

test("refuses another architecture before it reads weights", async () => {
  const read: string[] = [];
  const readFile = reader(modelFiles({ "config.json": json({ ...CONFIG, architectures: ["MambaForCausalLM"] }) }));
  const loading = loadModelFromFiles("tiny", (name) => (read.push(name), readFile(name)));
  await expect(loading).rejects.toThrow(
    new UnsupportedModelError(
      `config.json: architecture "MambaForCausalLM" is not implemented, only ${KNOWN_ARCHITECTURES}`,
    ),
  );
  expect(read).toEqual(["config.json"]);
});

test("what readFile throws passes through", async () => {
  const failure = new Error("no network");
  await expect(loadModelFromFiles("tiny", () => Promise.reject(failure))).rejects.toBe(failure);
});
