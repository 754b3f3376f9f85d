import type { DecoderConfig } from "../../decoder.ts";
import type { LayerWeights, LazyTensor, Model, Tensor } from "../../model.ts";
import { toFloat32 } from "../../quantization/index.ts";
import type { Arena } from "./arena.ts";
import type { Kernels } from "./kernels.ts";
import { type PlacedMatrix, packMatrix, placeMatrix, stagingBytes, writeMatrix, writeSegment } from "./matrices.ts";
import { recordBytes } from "./records.ts";

type AnyTensor = Tensor | LazyTensor;
type Layer = LayerWeights<AnyTensor>;

/** A norm's or bias' floats in memory, padded with zeros to whole groups of 8. */
interface PlacedVector {
  readonly tensor: AnyTensor;
  readonly address: number;
}

/** Where a layer's parts are: addresses of matrix records and of vectors, 0 for what the layer does not have. */
export type PlacedLayer = Readonly<Record<keyof Layer, number>> & { readonly experts: ExpertTables | null };

/** Tables [count] of addresses of the experts' matrix records. */
export interface ExpertTables {
  readonly gates: number;
  readonly ups: number;
  readonly downs: number;
}

const MATRICES = ["query", "key", "value", "output", "router", "gate", "up", "down"] as const;
type MatrixName = (typeof MATRICES)[number];

/** Places a model's tensors in an arena, and fills them once the memory is there. */
export class PlacedWeights {
  readonly embedding: number;
  readonly head: number;
  readonly finalNorm: number;
  readonly layers: readonly PlacedLayer[];
  readonly #arena: Arena;
  readonly #matrices: { readonly placed: PlacedMatrix; readonly tensor: AnyTensor }[] = [];
  readonly #vectors: PlacedVector[] = [];
  /** Tables of experts: where the table is, and its matrix. */
  readonly #tables: {
    readonly address: number;
    readonly records: number;
    readonly matrix: PlacedMatrix;
    readonly count: number;
  }[] = [];
  readonly #staging: number;

  constructor(arena: Arena, model: Model<AnyTensor>) {
    this.#arena = arena;
    const { config } = model;
    this.embedding = this.#matrix(model.embedding, config.vocabSize).record;
    this.head = model.head === model.embedding ? this.embedding : this.#matrix(model.head, config.vocabSize).record;
    this.finalNorm = this.#vector(model.finalNorm);
    this.layers = model.layers.map((layer, number) => this.#layer(layer, config, config.layers[number].experts));
    this.#staging = arena.take(
      Math.max(...this.#matrices.map(({ placed }) => stagingBytes(placed))),
      "packing weights",
    );
  }

  /**
   * Reads and packs tensor after tensor; `pause` is awaited between megabytes. Peak memory beside the backend's: one
   * tensor.
   */
  async fill(memory: WebAssembly.Memory, kernels: Kernels, pause: () => Promise<void>): Promise<void> {
    const { buffer } = memory;
    for (const { placed, tensor } of this.#matrices) {
      writeMatrix(buffer, placed);
      for (const _ of packMatrix(kernels, buffer, placed, await bytesOf(tensor), this.#staging)) await pause();
    }
    for (const { tensor, address } of this.#vectors) {
      const values = toFloat32({ ...tensor, bytes: await bytesOf(tensor) });
      new Float32Array(buffer, address, values.length).set(values);
    }
    for (const { address, records, matrix, count } of this.#tables) {
      const table = new Uint32Array(buffer, address, count);
      for (let expert = 0; expert < count; expert++) {
        table[expert] = records + expert * recordBytes("Matrix");
        writeSegment(buffer, matrix, expert, table[expert]);
      }
    }
  }

  #layer(layer: Layer, config: DecoderConfig, hasExperts: boolean): PlacedLayer {
    const placed = Object.fromEntries(Object.keys(layer).map((name) => [name, 0])) as Record<keyof Layer, number>;
    const experts = hasExperts ? config.experts : null;
    const tables: Partial<Record<keyof Layer, number>> = {};
    for (const [name, tensor] of Object.entries(layer) as [keyof Layer, AnyTensor | null][]) {
      if (tensor === null) continue;
      if (!isMatrix(name)) placed[name] = this.#vector(tensor);
      else {
        const matrix = this.#matrix(tensor, segmentRows(name, tensor, config));
        placed[name] = matrix.record;
        if (experts !== null && tensor.shape.length === 3) tables[name] = this.#table(matrix, experts.count);
      }
    }
    return { ...placed, experts: experts && { gates: tables.gate!, ups: tables.up!, downs: tables.down! } };
  }

  #matrix(tensor: AnyTensor, rows: number): PlacedMatrix {
    const placed = placeMatrix(this.#arena, tensor, rows);
    this.#matrices.push({ placed, tensor });
    return placed;
  }

  #vector(tensor: AnyTensor): number {
    const address = this.#arena.take(32 * Math.ceil(tensor.shape[0] / 8), tensor.name);
    this.#vectors.push({ tensor, address });
    return address;
  }

  #table(matrix: PlacedMatrix, count: number): number {
    const address = this.#arena.take(4 * count, matrix.tensor.name);
    const records = this.#arena.take(count * recordBytes("Matrix"), matrix.tensor.name);
    this.#tables.push({ address, records, matrix, count });
    return address;
  }
}

function isMatrix(name: keyof Layer): name is MatrixName {
  return (MATRICES as readonly string[]).includes(name);
}

/** Rows that stay together: a head's for queries, keys and values, an expert's, else all. */
function segmentRows(name: MatrixName, { shape }: AnyTensor, { headDim }: DecoderConfig): number {
  return name === "query" || name === "key" || name === "value" ? headDim : shape.at(-2)!;
}

async function bytesOf(tensor: AnyTensor): Promise<Uint8Array> {
  return "read" in tensor ? tensor.read() : tensor.bytes;
}
