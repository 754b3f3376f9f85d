import { type AttentionParts, attentionLaunches } from "./attention-block.ts";
import type { DeviceLayer, DeviceWeights } from "./device-weights.ts";
import { feedForwardLaunches, outputLaunches } from "./feed-forward.ts";
import { storeLogits } from "./kernels/store.ts";
import type { LaunchSet } from "./launch.ts";

/** What the launches of a forward pass are made of. */
export interface ForwardParts extends AttentionParts {
  readonly weights: DeviceWeights;
  readonly tile: number;
  /** How many tiles a step can have. */
  readonly tileCount: number;
  readonly results: GPUBuffer;
}

/** The launches of the transformer, in order: of every token, and of every tile of samples. */
export interface ForwardLaunches {
  readonly tokens: readonly LaunchSet[];
  readonly tiles: readonly (readonly LaunchSet[])[];
}

/** Prepares every launch. */
export async function prepareForward(parts: ForwardParts): Promise<ForwardLaunches> {
  const { launcher, weights, results, activations } = parts;
  const embedded = launcher.embed(weights.embedding, results, activations.hidden);
  const layers = weights.layers.map((layer, number) => layerLaunches(parts, layer, number));
  const tiles = Array.from({ length: parts.tileCount }, (_, index) => tileLaunches(parts, index));
  const tokens = await Promise.all([embedded, ...layers]);
  return { tokens: tokens.flat(), tiles: await Promise.all(tiles) };
}

async function layerLaunches(parts: ForwardParts, layer: DeviceLayer, number: number): Promise<LaunchSet[]> {
  const { launcher, activations } = parts;
  const { hidden, normed, attended } = activations;
  const norm = (gains: GPUBuffer): Promise<LaunchSet> =>
    launcher.norm({ rows: "tokens", gains, inputs: hidden, outputs: normed });
  const launches = await Promise.all([
    norm(layer.attentionNorm),
    attentionLaunches(parts, layer, number),
    outputLaunches(parts, layer.output, attended, layer.attentionPostNorm),
    norm(layer.feedForwardNorm),
    feedForwardLaunches(parts, layer),
  ]);
  return launches.flat();
}

/** Final norm and output matrix of a tile. */
async function tileLaunches(
  { launcher, config, activations, weights, tile }: ForwardParts,
  index: number,
): Promise<LaunchSet[]> {
  const { hidden, sampled, logits } = activations;
  const firstRow = index * tile;
  const norm = launcher.norm({ rows: "samples", gains: weights.finalNorm, inputs: hidden, outputs: sampled, firstRow });
  const product = launcher.linear(weights.head, sampled, storeLogits(launcher.shape, tile, config), [logits], {
    firstRow,
  });
  return [await norm, ...(await product)];
}
