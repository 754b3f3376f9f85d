import type { RopeConfig } from "./rope.ts";

/** The nonlinearity of a feed-forward layer. `gelu_tanh` is the tanh approximation of GELU (arXiv 1606.08415). */
export type Activation = "silu" | "gelu_tanh" | "gelu" | "relu";

/** Norms of the hidden state. `rms` has a scale (arXiv 1910.07467), `layer` a scale and a shift (arXiv 1607.06450). */
export interface NormConfig {
  readonly kind: "rms" | "layer";
  readonly epsilon: number;
  /** `before` each branch; or `around`: before it and once more before its output is added. */
  readonly place: "before" | "around";
}

/** Which matrices have a bias: query, key and value; the attention's output; the feed-forward matrices. */
export interface BiasConfig {
  readonly qkv: boolean;
  readonly output: boolean;
  readonly feedForward: boolean;
}

/** A mixture of experts: each token's feed-forward runs in the experts that a router finds likeliest. */
export interface ExpertConfig {
  readonly count: number;
  /** Experts that each token uses. */
  readonly perToken: number;
  readonly intermediateSize: number;
  /** Weights of the used experts are divided by their sum. */
  readonly normalized: boolean;
}

/** What one layer has of its own. */
export interface LayerConfig {
  /** Most recent positions that a token sees, itself included; `null` where it sees all. */
  readonly window: number | null;
  /** Index into `DecoderConfig.ropes`; `null` where queries and keys are not rotated. */
  readonly rope: number | null;
  /** The feed-forward is a mixture of experts. */
  readonly experts: boolean;
}

/**
 * A decoder-only transformer as independent parts: what a forward pass computes, without files and without a family's
 * name. Lengths in numbers, not bytes. `src/families` makes one from a config.json or from the keys of a GGUF file.
 *
 * hidden = embedding[id] * embeddingScale; each layer adds residualScale * branch twice, of attention and of
 * feed-forward; logits = softCap(head · norm(hidden) * logitScale, logitSoftCap), with softCap(x, c) = c * tanh(x / c).
 */
export interface DecoderConfig {
  /** For messages alone: "LlamaForCausalLM". */
  readonly architecture: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Of the feed-forward layers that are not experts. */
  readonly intermediateSize: number;
  readonly headCount: number;
  /** Below `headCount` with grouped-query attention (arXiv 2305.13245). */
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** Most positions of a sequence. */
  readonly contextLength: number;
  readonly layers: readonly LayerConfig[];
  readonly norm: NormConfig;
  readonly biases: BiasConfig;
  /** A norm of length `headDim` on each query and key head, before the rotation. */
  readonly queryKeyNorm: boolean;
  /** Rotary tables; layers name them by index. */
  readonly ropes: readonly RopeConfig[];
  /** Rows of a learned position embedding; 0 where there is none. */
  readonly learnedPositions: number;
  /** Factor of query · key. */
  readonly attentionScale: number;
  readonly attentionSoftCap: number | null;
  readonly embeddingScale: number;
  readonly residualScale: number;
  readonly logitScale: number;
  readonly logitSoftCap: number | null;
  readonly activation: Activation;
  /** down(activation(gate) * up), else down(activation(up)). */
  readonly gated: boolean;
  readonly experts: ExpertConfig | null;
  /** The output matrix is the embedding. */
  readonly tiedEmbeddings: boolean;
}

/** What every decoder has to say; the rest is a plain Llama's unless it is given. */
export type DecoderSizes = Pick<
  DecoderConfig,
  "vocabSize" | "hiddenSize" | "intermediateSize" | "headCount" | "kvHeadCount" | "headDim" | "contextLength"
>;

/** A decoder of `layerCount` equal layers that is a plain Llama but for what `sizes` says. */
export function plainDecoder(layerCount: number, sizes: DecoderSizes & Partial<DecoderConfig>): DecoderConfig {
  return {
    architecture: "LlamaForCausalLM",
    layers: Array.from({ length: layerCount }, () => ({ window: null, rope: 0, experts: false })),
    norm: { kind: "rms", epsilon: 1e-5, place: "before" },
    biases: { qkv: false, output: false, feedForward: false },
    queryKeyNorm: false,
    ropes: [{ theta: 10_000, dimensions: sizes.headDim, scaling: null }],
    learnedPositions: 0,
    attentionScale: 1 / Math.sqrt(sizes.headDim),
    attentionSoftCap: null,
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    activation: "silu",
    gated: true,
    experts: null,
    tiedEmbeddings: false,
    ...sizes,
  };
}

/** Layers that share one block table a request. */
export interface LayerGroup {
  readonly window: number | null;
  /** Their numbers in the model, ascending. */
  readonly layers: readonly number[];
}

/** A group is cut into parts of at least an eighth of all layers: each part costs a request a table. */
const MAX_PARTS = 8;

/**
 * The block groups of a decoder: layers of equal windows, in the order of first use. A block has room for the largest
 * group, so one that has more layers than the smallest is cut into parts, near the smallest in size. With Gemma 3's 22
 * windowed layers in one group, a block of its 4 other layers would be four fifths empty.
 */
export function layerGroups(config: Pick<DecoderConfig, "layers">): readonly LayerGroup[] {
  const groups = new Map<number | null, number[]>();
  config.layers.forEach(({ window }, layer) => {
    const layers = groups.get(window);
    if (layers === undefined) groups.set(window, [layer]);
    else layers.push(layer);
  });
  const smallest = Math.min(...[...groups.values()].map(({ length }) => length));
  const most = Math.max(smallest, Math.ceil(config.layers.length / MAX_PARTS));
  return [...groups].flatMap(([window, all]) =>
    cut(all, Math.ceil(all.length / most)).map((layers) => ({ window, layers })),
  );
}

/** A list in `count` runs whose lengths differ by one at most. */
function cut<T>(list: readonly T[], count: number): T[][] {
  const start = (run: number): number => Math.ceil((run * list.length) / count);
  return Array.from({ length: count }, (_, run) => list.slice(start(run), start(run + 1)));
}
