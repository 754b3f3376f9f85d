import type { DecoderConfig } from "../../decoder.ts";
import type { Model } from "../../model.ts";
import type { Buffers } from "./buffers.ts";
import type { KvPart } from "./kv-storage.ts";
import {
  type AnyLayerWeights,
  type FeedForwardSize,
  downMatrix,
  gateUpMatrix,
  outputMatrix,
  qkvMatrix,
  rotatedOrder,
  routerMatrix,
  vocabularyMatrix,
} from "./matrices.ts";
import { type MatrixPlan, PADDING, type WeightTensor } from "./packing.ts";
import { shapeOf } from "./shape.ts";
import { type DeviceMatrix, numbersOf, uploadMatrix, uploadNumbers, uploadVector } from "./weights.ts";

/** A decoder whose tensors are in memory or are read while they are uploaded. */
export type AnyModel = Model<WeightTensor>;

/** One layer on the device. */
export interface DeviceLayer {
  readonly attentionNorm: GPUBuffer;
  /** Queries, keys and values, by part of the keys and values that has heads of this layer. */
  readonly qkv: ReadonlyMap<KvPart, DeviceMatrix>;
  /** [query or key, head]; zeros where there are no norms of heads. */
  readonly headGains: GPUBuffer;
  readonly output: DeviceMatrix;
  readonly attentionPostNorm: GPUBuffer | null;
  readonly feedForwardNorm: GPUBuffer;
  readonly router: DeviceMatrix | null;
  readonly gateUp: DeviceMatrix;
  readonly down: DeviceMatrix;
  readonly feedForwardPostNorm: GPUBuffer | null;
}

/** A model on the device. */
export interface DeviceWeights {
  readonly embedding: DeviceMatrix;
  readonly layers: readonly DeviceLayer[];
  readonly finalNorm: GPUBuffer;
  /** The embedding's own matrix where they are tied. */
  readonly head: DeviceMatrix;
}

/**
 * Uploads a model tensor by tensor: the host never holds a second copy of it. `parts`: of the keys and values of layer
 * `number`.
 */
export async function uploadModel(
  buffers: Buffers,
  model: AnyModel,
  parts: (number: number) => readonly KvPart[],
  bindingBytes: number,
): Promise<DeviceWeights> {
  const uploader = new Uploader(buffers, model.config, bindingBytes);
  const embedding = await uploader.matrix(vocabularyMatrix(model.embedding, model.config));
  const layers: DeviceLayer[] = [];
  for (const [number, layer] of model.layers.entries()) layers.push(await uploader.layer(layer, number, parts(number)));
  const finalNorm = await uploader.vector(model.finalNorm);
  const head = isTied(model) ? embedding : await uploader.matrix(vocabularyMatrix(model.head, model.config));
  return { embedding, layers, finalNorm, head };
}

/** Whether the output matrix is the embedding, so that one packed copy serves both. */
export function isTied({ head, embedding }: AnyModel): boolean {
  return head === embedding || ("bytes" in head && "bytes" in embedding && head.bytes === embedding.bytes);
}

class Uploader {
  readonly #buffers: Buffers;
  readonly #config: DecoderConfig;
  readonly #bindingBytes: number;

  constructor(buffers: Buffers, config: DecoderConfig, bindingBytes: number) {
    this.#buffers = buffers;
    this.#config = config;
    this.#bindingBytes = bindingBytes;
  }

  matrix(plan: MatrixPlan): Promise<DeviceMatrix> {
    return uploadMatrix(this.#buffers, plan, this.#bindingBytes);
  }

  vector(tensor: WeightTensor): Promise<GPUBuffer> {
    return uploadVector(this.#buffers, tensor);
  }

  async layer(layer: AnyLayerWeights, number: number, parts: readonly KvPart[]): Promise<DeviceLayer> {
    const config = this.#config;
    const size = feedForwardSize(config, number);
    const qkv = new Map<KvPart, DeviceMatrix>();
    for (const part of parts) qkv.set(part, await this.matrix(qkvMatrix(layer, config, number, part)));
    return {
      attentionNorm: await this.vector(layer.attentionNorm),
      qkv,
      headGains: await this.#headGains(layer, number),
      output: await this.matrix(outputMatrix(layer, config)),
      attentionPostNorm: layer.attentionPostNorm && (await this.vector(layer.attentionPostNorm)),
      feedForwardNorm: await this.vector(layer.feedForwardNorm),
      router: layer.router && (await this.matrix(routerMatrix(layer.router, config, size.matrixCount))),
      gateUp: await this.matrix(gateUpMatrix(layer, config, size)),
      down: await this.matrix(downMatrix(layer, config, size)),
      feedForwardPostNorm: layer.feedForwardPostNorm && (await this.vector(layer.feedForwardPostNorm)),
    };
  }

  /** Gains in the order in which the layer stores a head's numbers. */
  async #headGains({ queryNorm, keyNorm }: AnyLayerWeights, number: number): Promise<GPUBuffer> {
    const order = rotatedOrder(this.#config, number);
    const gains = new Float32Array(2 * 4 * shapeOf(this.#config).head);
    for (const [i, tensor] of [queryNorm, keyNorm].entries()) {
      if (tensor === null) continue;
      const numbers = await numbersOf(tensor);
      order.forEach((dimension, at) => {
        if (dimension !== PADDING) gains[i * order.length + at] = numbers[dimension];
      });
    }
    return uploadNumbers(this.#buffers, `gains of the heads of layer ${number}`, gains);
  }
}

function feedForwardSize({ layers, experts, intermediateSize }: DecoderConfig, number: number): FeedForwardSize {
  if (!layers[number].experts || experts === null) return { intermediateSize, matrixCount: 1 };
  return { intermediateSize: experts.intermediateSize, matrixCount: experts.count };
}
