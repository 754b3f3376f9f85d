import { InvalidModelError } from "../errors.ts";
import { describe, excerpt, isObject, parseJsonObject } from "../json.ts";
import { type ByteSource, readAll } from "./byte-source.ts";
import type { FileTensor } from "./file-tensors.ts";
import { readSafetensors } from "./safetensors.ts";

/** A file of a model by its name, or null where there is none. */
export type OpenModelFile = (name: string) => Promise<ByteSource | null>;

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** A file beside the index: no folders, so that an index cannot name files elsewhere. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/;

/** The tensors of a model by name, and the file that lists them. */
export interface CheckpointFiles {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** All tensors of a model: of model.safetensors, or of the shards that model.safetensors.index.json names. */
export async function readCheckpoint(openFile: OpenModelFile): Promise<CheckpointFiles> {
  const single = await openFile(SINGLE);
  if (single !== null) return { file: SINGLE, tensors: await readSafetensors(single, SINGLE) };
  const index = await openFile(INDEX);
  if (index === null) throw new InvalidModelError(`no weights: neither ${SINGLE} nor ${INDEX} is there`);
  return { file: INDEX, tensors: await readShards(groupByShard(await readAll(index, INDEX)), openFile) };
}

/** Names of the tensors to take from each shard. */
function groupByShard(index: Uint8Array): Map<string, string[]> {
  const weightMap = parseJsonObject(index, INDEX)["weight_map"];
  if (!isObject(weightMap)) {
    throw new InvalidModelError(`${INDEX}: weight_map must be an object, ${describe(weightMap)}`);
  }
  const shards = new Map<string, string[]>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string" || !SHARD_NAME.test(shard)) {
      throw new InvalidModelError(
        `${INDEX}: ${name} is in ${excerpt(shard)}, expected the name of a .safetensors file in the same folder`,
      );
    }
    const names = shards.get(shard);
    if (names === undefined) shards.set(shard, [name]);
    else names.push(name);
  }
  return shards;
}

async function readShards(shards: Map<string, string[]>, openFile: OpenModelFile): Promise<Map<string, FileTensor>> {
  const all = new Map<string, FileTensor>();
  for (const [shard, names] of shards) {
    const source = await openFile(shard);
    if (source === null) throw new InvalidModelError(`${shard} is missing, ${INDEX} expects ${names[0]} in it`);
    const tensors = await readSafetensors(source, shard);
    for (const name of names) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new InvalidModelError(`${shard} does not hold ${name}, ${INDEX} says it does`);
      all.set(name, tensor);
    }
  }
  return all;
}
