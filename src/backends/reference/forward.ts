import { assert } from "../../assert.ts";
import type { Model, ModelConfig } from "../../model.ts";
import type { StepPlan } from "../../step.ts";
import { add } from "./add.ts";
import { embed } from "./embedding.ts";
import type { KvStore } from "./kv-store.ts";
import { linear } from "./linear.ts";
import { PagedAttention } from "./paged-attention.ts";
import { rmsNorm } from "./rms-norm.ts";
import { type RopeTable, createRopeTable, rotate } from "./rope.ts";
import { swiglu } from "./swiglu.ts";
import { writeKv } from "./write-kv.ts";
import { type WideLayer, type WideWeights, widen } from "./weights.ts";

/** Layers that share block tables, by their numbers in the model. */
export interface LayerGroup {
  readonly window: number | null;
  readonly layers: readonly number[];
}

/** The groups of a LlamaForCausalLM: one, since all its layers see every position. */
export function layerGroups(config: ModelConfig): readonly LayerGroup[] {
  return [{ window: null, layers: Array.from({ length: config.layerCount }, (_, layer) => layer) }];
}

/** The transformer itself: from a plan's tokens to the hidden state of each, and from a hidden state to logits. */
export class Forward {
  readonly #config: ModelConfig;
  readonly #weights: WideWeights;
  readonly #store: KvStore;
  readonly #rope: RopeTable;
  /** By layer of the model: its group, its number in the group, and the group's attention. */
  readonly #places: readonly { readonly group: number; readonly layer: number; readonly attention: PagedAttention }[];
  // [maxTokens, ...] each
  readonly #hidden: Float64Array;
  readonly #normed: Float64Array;
  readonly #queries: Float64Array;
  readonly #keys: Float64Array;
  readonly #values: Float64Array;
  readonly #attended: Float64Array;
  readonly #gate: Float64Array;
  readonly #up: Float64Array;
  readonly #branch: Float64Array;

  constructor(model: Model, groups: readonly LayerGroup[], store: KvStore, maxTokens: number) {
    const config = model.config;
    const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, contextLength } = config;
    assert(headCount % kvHeadCount === 0, () => `${headCount} heads do not share ${kvHeadCount} key heads evenly`);
    this.#config = config;
    this.#weights = widen(model);
    this.#store = store;
    this.#rope = createRopeTable(config);
    this.#places = model.layers.map((_, number) => {
      const group = groups.findIndex((candidate) => candidate.layers.includes(number));
      assert(group >= 0, () => `layer ${number} is in no group`);
      const shape = { headCount, kvHeadCount, headDim, window: groups[group].window };
      return { group, layer: groups[group].layers.indexOf(number), attention: new PagedAttention(store, shape, contextLength) };
    });
    this.#hidden = new Float64Array(maxTokens * hiddenSize);
    this.#normed = new Float64Array(maxTokens * hiddenSize);
    this.#branch = new Float64Array(maxTokens * hiddenSize);
    this.#queries = new Float64Array(maxTokens * headCount * headDim);
    this.#attended = new Float64Array(maxTokens * headCount * headDim);
    this.#keys = new Float64Array(maxTokens * kvHeadCount * headDim);
    this.#values = new Float64Array(maxTokens * kvHeadCount * headDim);
    this.#gate = new Float64Array(maxTokens * intermediateSize);
    this.#up = new Float64Array(maxTokens * intermediateSize);
  }

  /** Runs every layer over the plan's tokens, whose ids are `tokenIds` [T], and writes their keys and values. */
  run(plan: StepPlan, tokenIds: Int32Array): void {
    const { hiddenSize } = this.#config;
    embed(this.#hidden, tokenIds, plan.tokenCount, this.#weights.embedding, hiddenSize);
    for (let layer = 0; layer < this.#places.length; layer++) {
      this.#attentionBlock(layer, this.#weights.layers[layer], plan);
      this.#feedForwardBlock(this.#weights.layers[layer], plan.tokenCount);
    }
  }

  /** Logits [vocabSize] of token row `row` of the plan that ran last. */
  logits(out: Float64Array, row: number): void {
    const { hiddenSize, vocabSize, rmsNormEps } = this.#config;
    this.#branch.set(this.#hidden.subarray(row * hiddenSize, (row + 1) * hiddenSize));
    rmsNorm(this.#normed, this.#branch, this.#weights.finalNorm, 1, rmsNormEps);
    linear(out, this.#normed, this.#weights.head, 1, vocabSize, hiddenSize);
  }

  #attentionBlock(number: number, weights: WideLayer, plan: StepPlan): void {
    const { hiddenSize, headCount, kvHeadCount, headDim, rmsNormEps } = this.#config;
    const count = plan.tokenCount;
    const { layer, group: groupIndex, attention } = this.#places[number];
    const group = plan.groups[groupIndex];
    rmsNorm(this.#normed, this.#hidden, weights.attentionNorm, count, rmsNormEps);
    linear(this.#queries, this.#normed, weights.query, count, headCount * headDim, hiddenSize);
    linear(this.#keys, this.#normed, weights.key, count, kvHeadCount * headDim, hiddenSize);
    linear(this.#values, this.#normed, weights.value, count, kvHeadCount * headDim, hiddenSize);
    rotate(this.#queries, plan.positions, count, this.#rope, headCount, headDim);
    rotate(this.#keys, plan.positions, count, this.#rope, kvHeadCount, headDim);
    writeKv(this.#store, layer, this.#keys, this.#values, group.slotMapping, count);
    attention.run(this.#attended, this.#queries, layer, plan, group);
    linear(this.#branch, this.#attended, weights.output, count, hiddenSize, headCount * headDim);
    add(this.#hidden, this.#branch, count * hiddenSize);
  }

  #feedForwardBlock(weights: WideLayer, count: number): void {
    const { hiddenSize, intermediateSize, rmsNormEps } = this.#config;
    rmsNorm(this.#normed, this.#hidden, weights.feedForwardNorm, count, rmsNormEps);
    linear(this.#gate, this.#normed, weights.gate, count, intermediateSize, hiddenSize);
    linear(this.#up, this.#normed, weights.up, count, intermediateSize, hiddenSize);
    swiglu(this.#gate, this.#up, count * intermediateSize);
    linear(this.#branch, this.#gate, weights.down, count, hiddenSize, intermediateSize);
    add(this.#hidden, this.#branch, count * hiddenSize);
  }
}
