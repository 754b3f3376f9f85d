import type { LayerWeights, Model } from "../../model.ts";
import type { Activations } from "./activations.ts";
import type { Buffers } from "./buffers.ts";
import { ATTENTION_HEADS, attentionKernel } from "./kernels/attention.ts";
import { embeddingKernel, EMBEDDING_WORKGROUP } from "./kernels/embedding.ts";
import { LINEAR_GRID, type LinearVariant, type Store, linearKernel, storeLogits, storeQkv, storeResidual, storeSwiglu } from "./kernels/linear.ts";
import { type NormRows, rmsNormKernel } from "./kernels/rms-norm.ts";
import type { Variants } from "./kernels/variants.ts";
import type { KvPart, KvStorage } from "./kv-storage.ts";
import { type Launch, type LaunchPair, bind } from "./launch.ts";
import { downMatrix, gateUpMatrix, isTied, outputMatrix, qkvMatrix, vocabularyMatrix } from "./matrices.ts";
import type { MatrixPlan } from "./packing.ts";
import { createPart } from "./part.ts";
import type { Pipeline, Pipelines } from "./pipelines.ts";
import { type Shape, VECTOR_BYTES, shapeOf } from "./shape.ts";
import { type DeviceMatrix, uploadMatrix, uploadVector } from "./weights.ts";

/** What the launches of a forward pass are made of. */
export interface ForwardParts {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  readonly model: Model;
  readonly kv: KvStorage;
  readonly blockSize: number;
  readonly activations: Activations;
  readonly tile: number;
  /** How many tiles a step can have. */
  readonly tileCount: number;
  readonly columns: GPUBuffer;
  readonly results: GPUBuffer;
  readonly angles: GPUBuffer;
  readonly bindingBytes: number;
  readonly variants: Variants;
}

/** The launches of the transformer, in order: of every token, and of every tile of samples. */
export interface ForwardLaunches {
  readonly tokens: readonly LaunchPair[];
  readonly tiles: readonly (readonly LaunchPair[])[];
}

/** Uploads the weights and prepares every launch, so that a step only sets pipelines and bind groups. */
export async function prepareForward(parts: ForwardParts): Promise<ForwardLaunches> {
  const builder = new ForwardBuilder(parts);
  const { model } = parts;
  const embedding = builder.upload(vocabularyMatrix(model.embedding.name, model.embedding, model.config));
  const head = isTied(model) ? embedding : builder.upload(vocabularyMatrix(model.head.name, model.head, model.config));
  const layers = await Promise.all(model.layers.map((layer, number) => builder.layer(layer, number)));
  const tokens = [...(await builder.embed(embedding)), ...layers.flat()];
  const tiles = await builder.logits(head);
  return { tokens, tiles };
}

class ForwardBuilder {
  readonly #parts: ForwardParts;
  readonly #shape: Shape;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
    this.#shape = shapeOf(parts.model.config);
  }

  upload(plan: MatrixPlan): DeviceMatrix {
    return uploadMatrix(this.#parts.buffers, plan, this.#parts.bindingBytes);
  }

  async embed(table: DeviceMatrix): Promise<LaunchPair[]> {
    const { device, pipelines, buffers, columns, results, activations } = this.#parts;
    const pipeline = await pipelines.get(embeddingKernel(this.#shape, table.dtype));
    return table.parts.map((matrix) => {
      const bindGroup = bind(device, pipeline, [columns, createPart(buffers, matrix), matrix.buffer, results, activations.hidden]);
      return same({ pipeline: pipeline.pipeline, bindGroup, width: Math.ceil(this.#shape.hidden / EMBEDDING_WORKGROUP), rows: 1 });
    });
  }

  async layer(layer: LayerWeights, number: number): Promise<LaunchPair[]> {
    const { model, activations } = this.#parts;
    const { hidden, normed, attended, gated } = activations;
    const output = this.upload(outputMatrix(layer, model.config));
    const gateUp = this.upload(gateUpMatrix(layer, model.config));
    const down = this.upload(downMatrix(layer, model.config));
    const residual = storeResidual(this.#shape);
    const launches = await Promise.all([
      this.#tokenNorm(uploadVector(this.#parts.buffers, layer.attentionNorm)),
      this.#attentionOf(layer, number),
      this.#linear(output, attended, residual, [hidden]),
      this.#tokenNorm(uploadVector(this.#parts.buffers, layer.feedForwardNorm)),
      this.#linear(gateUp, normed, storeSwiglu(this.#shape), [gated]),
      this.#linear(down, gated, residual, [hidden]),
    ]);
    return launches.flat();
  }

  /** Final norm and output matrix of each tile. */
  async logits(head: DeviceMatrix): Promise<LaunchPair[][]> {
    const { activations, model, tile, tileCount, buffers } = this.#parts;
    const gains = uploadVector(buffers, model.finalNorm);
    const store = storeLogits(this.#shape, tile);
    return Promise.all(
      Array.from({ length: tileCount }, async (_, index) => {
        const norm = await this.#norm("samples", gains, activations.sampled, index * tile);
        const product = await this.#linear(head, activations.sampled, store, [activations.logits], { firstRow: index * tile });
        return [...norm, ...product];
      }),
    );
  }

  /** Queries, keys and values, then attention: a pair of launches for each buffer of keys and values. */
  async #attentionOf(layer: LayerWeights, number: number): Promise<LaunchPair[]> {
    const { kv } = this.#parts;
    const parts = kv.parts.map((part, i) => ({ part, cache: kv.buffers[i] })).filter(({ part }) => holds(part, number));
    const launches = await Promise.all(parts.map(({ part, cache }) => this.#attentionPart(layer, number, part, cache)));
    return launches.flat();
  }

  async #attentionPart(layer: LayerWeights, number: number, part: KvPart, cache: GPUBuffer): Promise<LaunchPair[]> {
    const { model, activations, angles, blockSize, columns, device, pipelines, buffers, variants } = this.#parts;
    const shape = this.#shape;
    const blockStride = part.blockBytes / VECTOR_BYTES;
    const layerOffset = ((number - part.firstLayer) * blockStride) / part.layerCount;
    const place = { layerOffset, firstHead: part.firstHead, headCount: part.headCount, blockStride };
    const matrix = this.upload(qkvMatrix(layer, model.config, part));
    const store = storeQkv(shape, blockSize);
    const product = await this.#linear(matrix, activations.normed, store, [angles, activations.queries, cache], place);
    const pipeline = await pipelines.get(attentionKernel(variants.attention, { shape, headDim: model.config.headDim, blockSize, window: null }));
    const bindGroup = bind(device, pipeline, [columns, createPart(buffers, place), activations.queries, cache, activations.attended]);
    const width = Math.ceil((part.headCount * shape.sharing) / ATTENTION_HEADS[variants.attention]);
    return [...product, same({ pipeline: pipeline.pipeline, bindGroup, width, rows: 1 })];
  }

  #tokenNorm(gains: GPUBuffer): Promise<LaunchPair[]> {
    return this.#norm("tokens", gains, this.#parts.activations.normed, 0);
  }

  /** Normalizes rows of the hidden state, from sample `firstRow` on where they are samples. */
  async #norm(rows: NormRows, gains: GPUBuffer, outputs: GPUBuffer, firstRow: number): Promise<LaunchPair[]> {
    const { device, pipelines, buffers, columns, activations, model, variants } = this.#parts;
    const pipeline = await pipelines.get(rmsNormKernel(variants.norm, this.#shape, model.config, rows));
    const bindGroup = bind(device, pipeline, [columns, createPart(buffers, { firstRow }), gains, activations.hidden, outputs]);
    return [same({ pipeline: pipeline.pipeline, bindGroup, width: 0, rows: 1 })];
  }

  /** inputs · matrix, a launch for each part of the matrix. */
  async #linear(matrix: DeviceMatrix, inputs: GPUBuffer, store: Store, outputs: readonly GPUBuffer[], place: object = {}): Promise<LaunchPair[]> {
    const { device, pipelines, buffers, columns, variants } = this.#parts;
    const get = (variant: LinearVariant) => pipelines.get(linearKernel(variant, matrix.dtype, matrix.inputs, store));
    const [few, many] = await Promise.all([get(variants.few), get(variants.many)]);
    return matrix.parts.map(({ buffer, firstColumn, columnCount }) => {
      const part = createPart(buffers, { ...place, firstColumn, columnCount });
      const bindGroup = bind(device, few, [columns, part, buffer, inputs, ...outputs]);
      const launch = ({ pipeline }: Pipeline, variant: LinearVariant): Launch => {
        const grid = LINEAR_GRID[variant];
        return { pipeline, bindGroup, width: Math.ceil(columnCount / grid.columns), rows: grid.rows };
      };
      return { few: launch(few, variants.few), many: launch(many, variants.many) };
    });
  }
}

function holds({ firstLayer, layerCount }: KvPart, layer: number): boolean {
  return layer >= firstLayer && layer < firstLayer + layerCount;
}

/** One launch, however many rows. */
function same(launch: Launch): LaunchPair {
  return { few: launch, many: launch };
}
