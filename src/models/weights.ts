import type { DecoderConfig } from "../decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import type { TensorLayout } from "../families/index.ts";
import { ggufExperts, type LayerPart, type TensorNames } from "../families/tensor-names.ts";
import { excerpt } from "../json.ts";
import type { LayerWeights, LazyTensor, Model } from "../model.ts";
import { DTYPES, FORMATS, isDType, rowLength } from "../quantization/index.ts";
import type { FileTensor, TensorReader } from "./file-tensors.ts";
import { deinterleaved, rowsOf, stack, withOffset } from "./lazy-tensors.ts";

/** A checkpoint of a known decoder: its tensors by name, and how its format stores them. */
export interface Checkpoint {
  /** The file that lists the tensors, for messages. */
  readonly file: string;
  readonly config: DecoderConfig;
  readonly layout: TensorLayout;
  readonly names: TensorNames;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly reader: TensorReader;
  /** Rows of query and key are in the order of interleaved rotation. */
  readonly interleaved: boolean;
  /** Stored norms lack this. */
  readonly normOffset: number;
  /** Names of tensors that are no weights: any further one is refused. `null` where all are left out. */
  readonly spare: readonly string[] | null;
}

/**
 * Joins tensors and decoder by the names that the checkpoint's format has for them. Nothing is read yet. Tensors that
 * no weight needs are left out in Hugging Face's folders, as transformers does it (`rotary_emb.inv_freq` of old
 * checkpoints, `lm_head.weight` beside tied embeddings), and refused in GGUF files, as llama.cpp does it.
 *
 * Throws `InvalidModelError` for a missing tensor or another shape than the decoder's, `UnsupportedModelError` for a
 * type that no backend computes with, and for a tensor that would be lost.
 */
export function assembleModel(checkpoint: Checkpoint): Model<LazyTensor> {
  const assembler = new Assembler(checkpoint);
  const { config, names } = checkpoint;
  const table = [config.vocabSize, config.hiddenSize];
  const embedding = assembler.take(names.embedding, table);
  const model = {
    config,
    embedding,
    layers: config.layers.map((_, layer) => assembler.layer(layer)),
    finalNorm: assembler.norm(names.finalNorm, config.hiddenSize),
    head: config.tiedEmbeddings ? embedding : assembler.head(table),
  };
  assembler.refuseLeftTensors();
  return model;
}

type Attention = Pick<LayerWeights<LazyTensor>, "query" | "key" | "value">;
type FeedForward = Pick<LayerWeights<LazyTensor>, "router" | "gate" | "up" | "down">;

class Assembler {
  readonly #checkpoint: Checkpoint;
  readonly #taken = new Set<string>();

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  layer(layer: number): LayerWeights<LazyTensor> {
    const { hiddenSize, headDim, headCount, kvHeadCount, biases, queryKeyNorm, norm, intermediateSize } =
      this.#checkpoint.config;
    const name = (part: LayerPart) => this.#checkpoint.names.layer(layer, part);
    const vector = (present: boolean, part: LayerPart, size: number) =>
      present ? this.take(name(part), [size]) : null;
    const around = norm.place === "around";
    return {
      attentionNorm: this.norm(name("attentionNorm"), hiddenSize),
      ...this.#attention(name),
      queryBias: this.#heads(vector(biases.qkv, "queryBias", headCount * headDim)),
      keyBias: this.#heads(vector(biases.qkv, "keyBias", kvHeadCount * headDim)),
      valueBias: vector(biases.qkv, "valueBias", kvHeadCount * headDim),
      queryNorm: queryKeyNorm ? this.norm(name("queryNorm"), headDim) : null,
      keyNorm: queryKeyNorm ? this.norm(name("keyNorm"), headDim) : null,
      output: this.take(name("output"), [hiddenSize, headCount * headDim]),
      outputBias: vector(biases.output, "outputBias", hiddenSize),
      attentionPostNorm: around ? this.norm(name("attentionPostNorm"), hiddenSize) : null,
      feedForwardNorm: this.norm(name("feedForwardNorm"), hiddenSize),
      ...this.#feedForward(layer, name),
      gateBias: vector(biases.feedForward, "gateBias", intermediateSize),
      upBias: vector(biases.feedForward, "upBias", intermediateSize),
      downBias: vector(biases.feedForward, "downBias", hiddenSize),
      feedForwardPostNorm: around ? this.norm(name("feedForwardPostNorm"), hiddenSize) : null,
    };
  }

  head(shape: readonly number[]): LazyTensor {
    const { file, names, tensors } = this.#checkpoint;
    if (!tensors.has(names.head)) {
      throw new InvalidModelError(
        `${file}: ${names.head} is missing, and config.json does not set tie_word_embeddings`,
      );
    }
    return this.take(names.head, shape);
  }

  norm(name: string, size: number): LazyTensor {
    const tensor = this.take(name, [size]);
    return this.#checkpoint.normOffset === 0 ? tensor : withOffset(tensor, this.#checkpoint.normOffset);
  }

  refuseLeftTensors(): void {
    const { spare, tensors, file, config } = this.#checkpoint;
    if (spare === null) return;
    const left = [...tensors.keys()].find((name) => !this.#taken.has(name) && !spare.includes(name));
    if (left === undefined) return;
    throw new UnsupportedModelError(`${file}: ${left} is not implemented for ${config.architecture}`);
  }

  take(name: string, shape: readonly number[]): LazyTensor {
    const { file, reader, tensors } = this.#checkpoint;
    this.#taken.add(name);
    const stored = tensors.get(name);
    if (stored === undefined) throw new InvalidModelError(`${file}: ${name} is missing among the weights`);
    const same = stored.shape.length === shape.length && shape.every((length, i) => length === stored.shape[i]);
    if (!same) {
      throw new InvalidModelError(
        `${file}: ${name} has shape ${spell(stored.shape)}, the configuration implies ${spell(shape)}`,
      );
    }
    const { dtype } = stored;
    if (!isDType(dtype)) {
      throw new UnsupportedModelError(`${file}: ${name} has type ${dtype}, only ${DTYPES.join(", ")} are implemented`);
    }
    if (rowLength({ ...stored, dtype }) % FORMATS[dtype].blockSize !== 0) {
      throw new InvalidModelError(
        `${file}: ${name} has shape ${spell(shape)}, whose rows are no whole blocks of ${dtype} ` +
          `(${FORMATS[dtype].blockSize})`,
      );
    }
    return { name, dtype, shape, read: () => reader.read(stored) };
  }

  #attention(name: (part: LayerPart) => string): Attention {
    const { hiddenSize, headDim, headCount, kvHeadCount } = this.#checkpoint.config;
    const [queries, keys] = [headCount * headDim, kvHeadCount * headDim];
    if (this.#checkpoint.layout.fused) {
      const fused = this.take(name("fusedQkv"), [queries + 2 * keys, hiddenSize]);
      return {
        query: rowsOf(fused, 0, queries),
        key: rowsOf(fused, queries, keys),
        value: rowsOf(fused, queries + keys, keys),
      };
    }
    return {
      query: this.#heads(this.take(name("query"), [queries, hiddenSize])),
      key: this.#heads(this.take(name("key"), [keys, hiddenSize])),
      value: this.take(name("value"), [keys, hiddenSize]),
    };
  }

  #feedForward(layer: number, name: (part: LayerPart) => string): FeedForward {
    const { hiddenSize, intermediateSize, experts, layers } = this.#checkpoint.config;
    if (layers[layer].experts) {
      const [wide, narrow] = [
        [experts!.intermediateSize, hiddenSize],
        [hiddenSize, experts!.intermediateSize],
      ];
      const router = this.take(name("router"), [experts!.count, hiddenSize]);
      const of = (part: "gate" | "up" | "down", shape: readonly number[]) =>
        this.#experts(layer, part, experts!.count, shape);
      return { router, gate: of("gate", wide), up: of("up", wide), down: of("down", narrow) };
    }
    const down = this.take(name("down"), [hiddenSize, intermediateSize]);
    if (this.#checkpoint.layout.fused) {
      const fused = this.take(name("fusedGateUp"), [2 * intermediateSize, hiddenSize]);
      return {
        router: null,
        gate: rowsOf(fused, 0, intermediateSize),
        up: rowsOf(fused, intermediateSize, intermediateSize),
        down,
      };
    }
    const wide = [intermediateSize, hiddenSize];
    return { router: null, gate: this.take(name("gate"), wide), up: this.take(name("up"), wide), down };
  }

  #experts(layer: number, part: "gate" | "up" | "down", count: number, shape: readonly number[]): LazyTensor {
    const { expert } = this.#checkpoint.names;
    if (expert === null) return this.take(ggufExperts(layer, part), [count, ...shape]);
    const matrices = Array.from({ length: count }, (_, number) => this.take(expert(layer, number, part), shape));
    return stack(`${part} of ${count} experts of layer ${layer}`, matrices);
  }

  /** Rows in the order of halves. */
  #heads<T extends LazyTensor | null>(tensor: T): T {
    if (tensor === null || !this.#checkpoint.interleaved) return tensor;
    return deinterleaved(tensor, this.#checkpoint.config.headDim) as T;
  }
}

function spell(shape: readonly number[]): string {
  return excerpt(shape).replaceAll(",", ", ");
}
