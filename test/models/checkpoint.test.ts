import { expect, test } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { readCheckpoint } from "../../src/models/checkpoint.ts";
import { bytesSource } from "../../src/models/byte-source.ts";
import { json, type ModelFiles, safetensors } from "../support/model-files.ts";

const reader = (all: ModelFiles) => (name: string) =>
  Promise.resolve(all[name] === undefined ? null : bytesSource(all[name]));
const INDEX = "model.safetensors.index.json";
const [ONE, TWO] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
const shard = (...names: string[]): Uint8Array =>
  safetensors(
    Object.fromEntries(
      names.map((name) => [name, { dtype: "F32", shape: [1], bytes: new TextEncoder().encode(name.padEnd(4)) }]),
    ),
  );
const index = (weightMap: unknown): Uint8Array => json({ metadata: { total_size: 12 }, weight_map: weightMap });
const files = { [ONE]: shard("a", "b"), [TWO]: shard("c"), [INDEX]: index({ a: ONE, b: ONE, c: TWO }) };

test("reads one file, whatever an index beside it says", async () => {
  const { tensors } = await readCheckpoint(reader({ ...files, "model.safetensors": shard("x") }));
  expect([...tensors.keys()]).toEqual(["x"]);
});

test("reads shards, each once, and each tensor from the shard that the index names", async () => {
  const read: string[] = [];
  const readFile = reader({ ...files, [TWO]: shard("c", "a") });
  const { tensors } = await readCheckpoint((name) => (read.push(name), readFile(name)));
  expect([...tensors.keys()]).toEqual(["a", "b", "c"]);
  const a = tensors.get("a")!;
  expect(await a.source.read(a.begin, a.byteLength)).toEqual(new TextEncoder().encode("a   "));
  expect(read).toEqual(["model.safetensors", INDEX, ONE, TWO]);
});

test.each<[string, Record<string, Uint8Array | undefined>, string]>([
  ["no weights at all", { [INDEX]: undefined }, `no weights: neither model.safetensors nor ${INDEX} is there`],
  ["a missing shard", { [TWO]: undefined }, `${TWO} is missing, ${INDEX} expects c in it`],
  [
    "a tensor that is not in its shard",
    { [INDEX]: index({ a: ONE, b: TWO }) },
    `${TWO} does not hold b, ${INDEX} says it does`,
  ],
  [
    "a truncated shard",
    { [TWO]: files[TWO].subarray(0, -1) },
    `${TWO}: c ends at byte 4, but the file has only 3 bytes of data: it is truncated or its header lies`,
  ],
  ["no weight_map", { [INDEX]: json({}) }, `${INDEX}: weight_map must be an object, it is missing`],
  ["a weight_map that is a list", { [INDEX]: index([]) }, `${INDEX}: weight_map must be an object, got []`],
  ["an index that is no object", { [INDEX]: json(3) }, `${INDEX}: must be a JSON object, got 3`],
])("refuses %s", async (_, changes, message) => {
  const all = Object.entries({ ...files, ...changes }).filter(
    (entry): entry is [string, Uint8Array] => entry[1] !== undefined,
  );
  await expect(readCheckpoint(reader(Object.fromEntries(all)))).rejects.toThrow(new InvalidModelError(message));
});

test.each([
  "../secret.safetensors",
  "/etc/secret.safetensors",
  "a/b.safetensors",
  String.raw`..\secret.safetensors`,
  "C:secret.safetensors",
  "a\0.safetensors",
  "secret.txt",
  ".safetensors/..",
  "",
  3,
  null,
])("refuses a shard named %j, and reads nothing", async (name) => {
  const read: string[] = [];
  const readFile = reader({ [INDEX]: index({ a: name }) });
  const message = `${INDEX}: a is in ${JSON.stringify(name)}, expected the name of a .safetensors file in the same folder`;
  await expect(readCheckpoint((file) => (read.push(file), readFile(file)))).rejects.toThrow(
    new InvalidModelError(message),
  );
  expect(read).toEqual(["model.safetensors", INDEX]);
});
