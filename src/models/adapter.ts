import type { DecoderConfig } from "../decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { Fields } from "../families/fields.ts";
import { parseJsonObject } from "../json.ts";
import type { AdaptedPart, Adapter, Tensor } from "../model.ts";
import { findNotFinite, isDType, isFloat } from "../quantization/index.ts";
import { asSource, type ByteSource, readAll, type ReadModelFile, refuseLfsPointer } from "./byte-source.ts";
import type { FileTensor } from "./file-tensors.ts";
import { readSafetensors } from "./safetensors.ts";

const CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

/** Largest rank: what published adapters have, and what keeps one below the size of the matrices that it changes. */
const MAX_RANK = 64;

/** PEFT's names of the matrices. */
const PARTS: Readonly<Record<string, AdaptedPart>> = {
  "self_attn.q_proj": "query",
  "self_attn.k_proj": "key",
  "self_attn.v_proj": "value",
  "self_attn.o_proj": "output",
  "mlp.gate_proj": "gate",
  "mlp.up_proj": "up",
  "mlp.down_proj": "down",
};

const NAME = /^base_model\.model\.model\.layers\.(\d+)\.(.+)\.lora_(A|B)\.weight$/;

/**
 * Loads a LoRA adapter as PEFT saves it: adapter_config.json and adapter_model.safetensors. `config` is the model's
 * that it changes.
 *
 * Throws `InvalidModelError` for what contradicts itself or the model, `UnsupportedModelError` for kinds of adapters
 * and places that are not implemented, by name.
 */
export async function loadAdapter(name: string, readFile: ReadModelFile, config: DecoderConfig): Promise<Adapter> {
  const source = await openNeeded(readFile, CONFIG);
  const bytes = await readAll(source, CONFIG);
  refuseLfsPointer(bytes, CONFIG);
  const { rank, scale } = readConfig(new Fields(parseJsonObject(bytes, CONFIG), CONFIG));
  const tensors = await readSafetensors(await openNeeded(readFile, WEIGHTS), WEIGHTS);
  const halves = config.layers.map(() => new Map<AdaptedPart, { A?: Tensor; B?: Tensor }>());
  for (const tensor of tensors.values()) {
    const { layer, part, half } = placeOf(tensor, config);
    const pair = halves[layer].get(part) ?? {};
    pair[half] = await readHalf(tensor, shapeOf(part, half, rank, config));
    halves[layer].set(part, pair);
  }
  const layers = halves.map((pairs, layer) =>
    Object.fromEntries([...pairs].map(([part, { A, B }]) => [part, complete(A, B, layer, part)])),
  );
  return { name, scale, layers };
}

async function openNeeded(readFile: ReadModelFile, name: string): Promise<ByteSource> {
  const file = await readFile(name);
  if (file === null) throw new InvalidModelError(`${name} is missing`);
  return asSource(file);
}

function readConfig(fields: Fields): { readonly rank: number; readonly scale: number } {
  const type = fields.string("peft_type", "LORA");
  if (type !== "LORA") fields.unsupported("peft_type", type, "LORA");
  for (const key of ["use_dora", "fan_in_fan_out"]) {
    if (fields.boolean(key, false)) fields.unsupported(key, true, "false");
  }
  const rank = fields.positiveInteger("r");
  if (rank > MAX_RANK) fields.fail("r", `at most ${MAX_RANK}`, rank);
  const alpha = fields.positiveNumber("lora_alpha", rank);
  return { rank, scale: fields.boolean("use_rslora", false) ? alpha / Math.sqrt(rank) : alpha / rank };
}

function placeOf({ name }: FileTensor, config: DecoderConfig): { layer: number; part: AdaptedPart; half: "A" | "B" } {
  const [, number, matrix, half] = NAME.exec(name) ?? [];
  const part = matrix === undefined || !Object.hasOwn(PARTS, matrix) ? undefined : PARTS[matrix];
  if (part === undefined) {
    throw new UnsupportedModelError(
      `${WEIGHTS}: ${name} is at no place that is implemented, only ${Object.keys(PARTS).join(", ")} of layers`,
    );
  }
  const layer = Number(number);
  if (layer >= config.layers.length) {
    throw new InvalidModelError(`${WEIGHTS}: ${name} is of layer ${layer}, the model has ${config.layers.length}`);
  }
  if (config.layers[layer].experts && (part === "gate" || part === "up" || part === "down")) {
    throw new UnsupportedModelError(`${WEIGHTS}: ${name} would change experts, which is not implemented`);
  }
  return { layer, part, half: half as "A" | "B" };
}

function shapeOf(part: AdaptedPart, half: "A" | "B", rank: number, config: DecoderConfig): readonly number[] {
  const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const sizes: Readonly<Record<AdaptedPart, readonly [number, number]>> = {
    query: [headCount * headDim, hiddenSize],
    key: [kvHeadCount * headDim, hiddenSize],
    value: [kvHeadCount * headDim, hiddenSize],
    output: [hiddenSize, headCount * headDim],
    gate: [intermediateSize, hiddenSize],
    up: [intermediateSize, hiddenSize],
    down: [hiddenSize, intermediateSize],
  };
  const [out, input] = sizes[part];
  return half === "A" ? [rank, input] : [out, rank];
}

async function readHalf(stored: FileTensor, shape: readonly number[]): Promise<Tensor> {
  const { name, dtype } = stored;
  if (String(stored.shape) !== String(shape)) {
    throw new InvalidModelError(
      `${WEIGHTS}: ${name} has shape [${stored.shape.join(", ")}], model and rank imply [${shape.join(", ")}]`,
    );
  }
  if (!isDType(dtype) || !isFloat(dtype)) {
    throw new UnsupportedModelError(`${WEIGHTS}: ${name} has type ${dtype}, only F32, F16 and BF16 are implemented`);
  }
  const tensor = { name, dtype, shape, bytes: await stored.source.read(stored.begin, stored.byteLength) };
  if (findNotFinite(tensor) >= 0) throw new InvalidModelError(`${WEIGHTS}: ${name} holds a number that is not finite`);
  return tensor;
}

function complete(
  a: Tensor | undefined,
  b: Tensor | undefined,
  layer: number,
  part: AdaptedPart,
): { readonly a: Tensor; readonly b: Tensor } {
  if (a !== undefined && b !== undefined) return { a, b };
  throw new InvalidModelError(
    `${WEIGHTS}: the ${part} of layer ${layer} has only ${a === undefined ? "lora_B" : "lora_A"}`,
  );
}
