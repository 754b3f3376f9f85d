import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import { KV_TYPES } from "../../kv-type.ts";
import { type RopeConfig, type RopeMath, ropeInverseFrequencies, ropeMagnitude } from "../../rope.ts";
import type { Arena } from "./arena.ts";
import { type Geometry, TILE_ROWS, UNIT_OUTPUTS, roundUp } from "./geometry.ts";
import type { Kernels } from "./kernels.ts";
import type { ResolvedOptions } from "./options.ts";
import { type Fields, recordBytes, writeRecord } from "./records.ts";
import { type PlacedLayer, PlacedWeights } from "./weights.ts";

/** Numbers of the activations in kernels/layout.as. */
const ACTIVATIONS = ["silu", "gelu_tanh", "gelu", "relu"] as const;

/** Where everything of a model lies in the backend's memory. */
export class Placement {
  readonly weights: PlacedWeights;
  /** The record that the kernels start from. */
  readonly model: number;
  readonly sync: number;
  /** [threads] records, `threadStride` bytes apart. */
  readonly threads: number;
  readonly threadStride = roundUp(recordBytes("Scratch"), 64);
  readonly deviceBlocks: number;
  readonly hostBlocks: number;
  readonly #options: ResolvedOptions;
  readonly #geometry: Geometry;
  readonly #layers: number;
  readonly #ropes: readonly { readonly config: RopeConfig; readonly address: number }[];
  readonly #ropeTable: number;
  readonly #ropeMagnitudes: number;
  readonly #activations: Fields<"Model">;
  readonly #scratch: readonly Fields<"Scratch">[];

  constructor(arena: Arena, options: ResolvedOptions, geometry: Geometry) {
    const { model, blockCount, hostBlockCount, threads } = options;
    const { config } = model;
    this.#options = options;
    this.#geometry = geometry;
    this.weights = new PlacedWeights(arena, model);
    this.model = arena.take(recordBytes("Model"), "the model's record");
    this.sync = arena.take(recordBytes("Sync"), "the threads' meeting point");
    this.threads = arena.take(Math.max(1, threads) * this.threadStride, "the threads' records");
    this.#layers = arena.take(config.layers.length * recordBytes("Layer"), "the layers' records");
    this.#ropes = config.ropes.map((rope) => ({
      config: rope,
      address: arena.take(4 * rope.dimensions, "rotary tables"),
    }));
    this.#ropeTable = arena.take(4 * config.ropes.length, "rotary tables");
    this.#ropeMagnitudes = arena.take(8 * config.ropes.length, "rotary tables");
    this.#activations = placeActivations(arena, options, geometry);
    this.#scratch = Array.from({ length: Math.max(1, threads) }, () => placeScratch(arena, options, geometry));
    this.hostBlocks = arena.take((hostBlockCount + 1) * geometry.blockBytes, `${hostBlockCount} host blocks`);
    this.deviceBlocks = arena.take((blockCount + 1) * geometry.blockBytes, `${blockCount} blocks`);
  }

  /** Writes every record; the weights' own numbers are `weights.fill`'s. */
  write(buffer: ArrayBufferLike, kernels: Kernels): void {
    const { config } = this.#options.model;
    const groups = layerGroups(config);
    config.layers.forEach((_, number) => {
      const group = groups.findIndex(({ layers }) => layers.includes(number));
      const kvOffset = groups[group].layers.indexOf(number) * this.#geometry.kvLayerBytes;
      const fields = { ...layerFields(config, this.weights.layers[number], number), group, kvOffset };
      writeRecord(buffer, "Layer", this.#layers + number * recordBytes("Layer"), fields);
    });
    this.#writeRopes(buffer, kernels);
    this.#scratch.forEach((fields, thread) =>
      writeRecord(buffer, "Scratch", this.threads + thread * this.threadStride, fields),
    );
    writeRecord(buffer, "Model", this.model, { ...this.#modelFields(), ...this.#activations });
  }

  #writeRopes(buffer: ArrayBufferLike, kernels: Kernels): void {
    const math: RopeMath = { pow: (x, y) => kernels.power(x, y), log: (x) => kernels.logarithm(x) };
    this.#ropes.forEach(({ config, address }, i) => {
      const frequencies = ropeInverseFrequencies(config, math);
      new Float64Array(buffer, address, frequencies.length).set(frequencies);
      new Uint32Array(buffer, this.#ropeTable)[i] = address;
      new Float64Array(buffer, this.#ropeMagnitudes, this.#ropes.length)[i] = ropeMagnitude(config);
    });
  }

  #modelFields(): Fields<"Model"> {
    const { model, blockSize, maxTokens, kv } = this.#options;
    const { config } = model;
    const { blockBytes, ropeHalf, logitRows } = this.#geometry;
    return {
      layers: this.#layers,
      layerCount: config.layers.length,
      embedding: this.weights.embedding,
      head: this.weights.head,
      finalNorm: this.weights.finalNorm,
      hidden: config.hiddenSize,
      vocabulary: config.vocabSize,
      normEpsilon: config.norm.epsilon,
      embeddingScale: config.embeddingScale,
      residualScale: config.residualScale,
      logitScale: config.logitScale,
      logitCap: config.logitSoftCap ?? 0,
      kvKind: KV_TYPES.indexOf(kv),
      blockSize,
      blockBytes,
      deviceBlocks: this.deviceBlocks,
      hostBlocks: this.hostBlocks,
      ropes: this.#ropeTable,
      ropeCount: config.ropes.length,
      ropeHalf,
      ropeMagnitudes: this.#ropeMagnitudes,
      maxTokens,
      logitRows,
      sync: this.sync,
      threads: this.threads,
      threadStride: this.threadStride,
    };
  }
}

function layerFields(config: DecoderConfig, layer: PlacedLayer, number: number): Fields<"Layer"> {
  const { window, rope } = config.layers[number];
  const { experts, attentionPostNorm, feedForwardPostNorm, ...same } = layer;
  return {
    ...same,
    ...expertFields(config, experts),
    postAttentionNorm: attentionPostNorm,
    postFeedForwardNorm: feedForwardPostNorm,
    activation: ACTIVATIONS.indexOf(config.activation),
    window: window ?? 0,
    rope: rope ?? -1,
    ropeHalf: rope === null ? 0 : config.ropes[rope].dimensions / 2,
    headCount: config.headCount,
    kvHeadCount: config.kvHeadCount,
    headDim: config.headDim,
    attentionScale: config.attentionScale,
    attentionCap: config.attentionSoftCap ?? 0,
  };
}

function expertFields({ experts }: DecoderConfig, tables: PlacedLayer["experts"]): Fields<"Layer"> {
  if (experts === null || tables === null) return {};
  return {
    expertGates: tables.gates,
    expertUps: tables.ups,
    expertDowns: tables.downs,
    expertCount: experts.count,
    expertsUsed: experts.perToken,
    normalizeExperts: experts.normalized ? 1 : 0,
  };
}

function placeActivations(
  arena: Arena,
  { model, maxTokens, keepLogits }: ResolvedOptions,
  geometry: Geometry,
): Fields<"Model"> {
  const { headCount, headDim, vocabSize, ropes, experts } = model.config;
  const { hidden, intermediate, headRow, ropeHalf, gatedRows, logitRows } = geometry;
  const take = (rows: number, bytes: number): number => arena.take(rows * bytes, "activations");
  const strides = {
    hiddenStride: 4 * hidden,
    queryStride: 4 * headCount * headRow,
    attendedStride: 4 * roundUp(headCount * headDim, 8),
  };
  const pairs = maxTokens * (experts?.perToken ?? 0);
  return {
    ...strides,
    gatedStride: 4 * intermediate,
    hiddenRows: take(maxTokens, strides.hiddenStride),
    branchRows: take(maxTokens, strides.hiddenStride),
    queryRows: take(maxTokens, strides.queryStride),
    attendedRows: take(maxTokens, strides.attendedStride),
    gatedRows: take(gatedRows, 4 * intermediate),
    angles: take(maxTokens, 8 * ropes.length * ropeHalf),
    logits: keepLogits ? 0 : take(logitRows, 4 * vocabSize),
    expertIds: take(pairs, 4),
    expertWeights: take(pairs, 4),
  };
}

/** Memory of one thread. */
function placeScratch(arena: Arena, { model, maxTokens }: ResolvedOptions, geometry: Geometry): Fields<"Scratch"> {
  const { vocabSize, experts } = model.config;
  const { headDim, headRow, inputs, visible, attentionTokens, attentionRows } = geometry;
  const take = (numbers: number): number => arena.take(4 * numbers, "a thread's activations");
  const outputs = Math.max(UNIT_OUTPUTS, roundUp(headDim, 8), roundUp(experts?.count ?? 0, 8));
  return {
    tile: take(8),
    tileData: take(TILE_ROWS * inputs),
    tileScales: take((TILE_ROWS * inputs) / 8),
    tileSums: take((TILE_ROWS * inputs) / 8),
    products: take(TILE_ROWS * outputs),
    products2: take(TILE_ROWS * outputs),
    row: take(inputs),
    pointers: take(TILE_ROWS),
    scores: take(attentionRows * (visible + attentionTokens + 16)),
    totals: take(attentionRows),
    rowSums: take(attentionRows * headRow),
    widened: take(TILE_ROWS * headRow),
    weights: take(2 * vocabSize),
    ranking: take(vocabSize),
    edited: take(vocabSize),
    expertPairs: take(maxTokens * (experts?.perToken ?? 0)),
    expertStarts: take((experts?.count ?? 0) + 2),
  };
}
