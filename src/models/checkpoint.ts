import { InvalidModelError } from "../errors.ts";
import { describe, excerpt, isObject, parseJsonObject } from "../json.ts";
import { parseSafetensors, type StoredTensor } from "./safetensors.ts";

/** Bytes of one file of a model by its name, or null where there is no such file; other failures are thrown. */
export type ReadModelFile = (name: string) => Promise<Uint8Array | null>;

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** A file beside the index: no folders, so that an index cannot name files elsewhere. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/;

/** All tensors of a model: of model.safetensors, or of the shards that model.safetensors.index.json names. */
export async function readCheckpoint(readFile: ReadModelFile): Promise<Map<string, StoredTensor>> {
  const single = await readFile(SINGLE);
  if (single !== null) return parseSafetensors(single, SINGLE);
  const index = await readFile(INDEX);
  if (index === null) throw new InvalidModelError(`no weights: neither ${SINGLE} nor ${INDEX} is there`);
  return readShards(groupByShard(index), readFile);
}

/** Names of the tensors to take from each shard. */
function groupByShard(index: Uint8Array): Map<string, string[]> {
  const weightMap = parseJsonObject(index, INDEX)["weight_map"];
  if (!isObject(weightMap)) throw new InvalidModelError(`${INDEX}: weight_map must be an object, ${describe(weightMap)}`);
  const shards = new Map<string, string[]>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string" || !SHARD_NAME.test(shard)) {
      throw new InvalidModelError(`${INDEX}: ${name} is in ${excerpt(shard)}, expected the name of a .safetensors file in the same folder`);
    }
    const names = shards.get(shard);
    if (names === undefined) shards.set(shard, [name]);
    else names.push(name);
  }
  return shards;
}

async function readShards(shards: Map<string, string[]>, readFile: ReadModelFile): Promise<Map<string, StoredTensor>> {
  const all = new Map<string, StoredTensor>();
  for (const [shard, names] of shards) {
    const bytes = await readFile(shard);
    if (bytes === null) throw new InvalidModelError(`${shard} is missing, ${INDEX} expects ${names[0]} in it`);
    const tensors = parseSafetensors(bytes, shard);
    for (const name of names) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new InvalidModelError(`${shard} does not hold ${name}, ${INDEX} says it does`);
      all.set(name, tensor);
    }
  }
  return all;
}
