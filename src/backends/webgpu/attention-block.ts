import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import type { KvType } from "../../kv-type.ts";
import type { Activations } from "./activations.ts";
import { groupWord } from "./columns.ts";
import type { DeviceLayer } from "./device-weights.ts";
import { attentionKernel, attentionSplitKernel, attentionTotalKernel, attentionWidth } from "./kernels/attention.ts";
import { PLACE_HEADS_WORKGROUP, placeHeadsKernel, placesHeads } from "./kernels/place-heads.ts";
import { type HeadShape, storePlain, storeQkv } from "./kernels/store.ts";
import type { Variants } from "./kernels/variants.ts";
import { type KvPart, type KvStorage, kvUnitBytes } from "./kv-storage.ts";
import type { Launch, LaunchSet } from "./launch.ts";
import type { Launcher } from "./launcher.ts";
import type { Part } from "./part.ts";
import type { SplitAttention } from "./split-attention.ts";
import type { DeviceMatrix } from "./weights.ts";

/** What attention is made of. */
export interface AttentionParts {
  readonly launcher: Launcher;
  readonly config: DecoderConfig;
  readonly kv: KvStorage;
  readonly kvType: KvType;
  readonly blockSize: number;
  readonly activations: Activations;
  /** By rotary table. */
  readonly angles: readonly GPUBuffer[];
  readonly variants: Variants;
  /** Null where no step splits its attention. */
  readonly split: SplitAttention | null;
}

/** The block group of a layer, and its number among the group's layers. */
export interface LayerPlace {
  readonly group: number;
  readonly layer: number;
}

export function placeOf(config: DecoderConfig, number: number): LayerPlace {
  const groups = layerGroups(config);
  const group = groups.findIndex(({ layers }) => layers.includes(number));
  return { group, layer: groups[group].layers.indexOf(number) };
}

/** The parts of the keys and values that hold heads of layer `number` of the model. */
export function partsOf(config: DecoderConfig, parts: readonly KvPart[], number: number): KvPart[] {
  const { layer } = placeOf(config, number);
  return parts.filter(({ firstLayer, layerCount }) => layer >= firstLayer && layer < firstLayer + layerCount);
}

/** Queries, keys and values of layer `number`, then attention: launches for each buffer of keys and values. */
export async function attentionLaunches(
  parts: AttentionParts,
  weights: DeviceLayer,
  number: number,
): Promise<LaunchSet[]> {
  const launches: LaunchSet[] = [];
  for (const [part, matrix] of weights.qkv) {
    const cache = parts.kv.buffers[parts.kv.parts.indexOf(part)];
    const place = partOf(parts, part, number);
    launches.push(
      ...(await projectLaunches(parts, weights, number, { matrix, cache, place })),
      ...(await attendLaunches(parts, number, cache, place)),
    );
  }
  return launches;
}

/** What the launches of one buffer of keys and values have in common. */
interface Projection {
  readonly matrix: DeviceMatrix;
  readonly cache: GPUBuffer;
  readonly place: Part;
}

async function projectLaunches(
  parts: AttentionParts,
  weights: DeviceLayer,
  number: number,
  { matrix, cache, place }: Projection,
): Promise<LaunchSet[]> {
  const { launcher, config, kvType, blockSize, activations, angles } = parts;
  const { rope } = config.layers[number];
  const heads: HeadShape = { shape: launcher.shape, blockSize, kv: kvType, rotated: rope !== null };
  const table = angles[rope ?? 0];
  const outputs = [table, activations.queries, cache];
  if (!placesHeads(config, kvType)) return launcher.linear(matrix, activations.normed, storeQkv(heads), outputs, place);
  const headCount = place.headCount! * (launcher.shape.sharing + 2);
  const product = await launcher.linear(matrix, activations.normed, storePlain(headCount * launcher.shape.head), [
    activations.projected!,
  ]);
  const grid = { width: Math.ceil(headCount / PLACE_HEADS_WORKGROUP), rows: 1 };
  return [
    ...product,
    await launcher.launch(
      placeHeadsKernel(heads, config),
      place,
      [activations.projected!, weights.headGains, ...outputs],
      grid,
    ),
  ];
}

/** Attention: the split form and its total in classes of few rows, the whole form in the others. */
async function attendLaunches(
  { launcher, config, kvType, blockSize, activations, variants, split }: AttentionParts,
  number: number,
  cache: GPUBuffer,
  place: Part,
): Promise<LaunchSet[]> {
  const { shape } = launcher;
  const { queries, attended } = activations;
  const attention = { shape, config, blockSize, window: config.layers[number].window, kv: kvType };
  const width = attentionWidth(variants.attention, shape, place.headCount!);
  const whole = await launcher.one(attentionKernel(variants.attention, attention), place, [queries, cache, attended], {
    width,
    rows: 1,
  });
  if (split === null) return [{ byClass: [whole] }];
  const { partials, segments, mostRows } = split;
  const [part, total] = await Promise.all([
    launcher.one(attentionSplitKernel(attention, segments), place, [queries, cache, partials], {
      width,
      rows: 1,
      bySegment: true,
    }),
    launcher.one(attentionTotalKernel(attention, segments), place, [partials, attended], {
      width: place.headCount! * shape.sharing,
      rows: 1,
    }),
  ]);
  const few = variants.linear.filter((each) => each.mostRows <= mostRows).length;
  return [
    { byClass: [...new Array<Launch>(few).fill(part), whole] },
    { byClass: [...new Array<Launch>(few).fill(total), null] },
  ];
}

/** Where layer `number` lies in a buffer of keys and values, in units of the cache. */
function partOf({ config, kvType }: AttentionParts, part: KvPart, number: number): Part {
  const { group, layer } = placeOf(config, number);
  const blockStride = part.blockBytes / kvUnitBytes(kvType);
  const layerOffset = ((layer - part.firstLayer) * blockStride) / part.layerCount;
  return { layerOffset, firstHead: part.firstHead, headCount: part.headCount, blockStride, group: groupWord(group) };
}
