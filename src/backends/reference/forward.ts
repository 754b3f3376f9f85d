import { assert } from "../../assert.ts";
import type { DecoderConfig, LayerGroup } from "../../decoder.ts";
import type { AdaptedPart, Adapter, Model } from "../../model.ts";
import type { StepPlan } from "../../step.ts";
import { Adapters } from "./adapters.ts";
import { add, addBias } from "./add.ts";
import { embed } from "./embedding.ts";
import { Experts } from "./experts.ts";
import { activateGate } from "./gated.ts";
import type { KvStore } from "./kv-store.ts";
import { linear } from "./linear.ts";
import { PagedAttention } from "./paged-attention.ts";
import { rmsNorm } from "./rms-norm.ts";
import { RopeAngles, rotate } from "./rope.ts";
import { softCap } from "./soft-cap.ts";
import { type LayerNumbers, type Weights, openWeights } from "./weights.ts";

/**
 * Where a layer's keys and values are: its group, its number within the group, and the attention with the group's
 * window.
 */
interface LayerPlace {
  readonly group: number;
  readonly layer: number;
  readonly attention: PagedAttention;
}

/** What a forward pass has beside its model. */
export interface ForwardOptions {
  /** Inputs of quantized matrices are rounded to 8 bits. */
  readonly roundsInputs?: boolean;
  readonly adapters?: readonly Adapter[];
}

/** The transformer itself: from a plan's tokens to the hidden state of each, and from a hidden state to logits. */
export class Forward {
  readonly #config: DecoderConfig;
  readonly #weights: Weights;
  readonly #store: KvStore;
  readonly #ropes: readonly RopeAngles[];
  readonly #places: readonly LayerPlace[];
  readonly #experts: Experts | null;
  readonly #adapters: Adapters;
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

  constructor(
    model: Model,
    groups: readonly LayerGroup[],
    store: KvStore,
    maxTokens: number,
    { roundsInputs = false, adapters = [] }: ForwardOptions = {},
  ) {
    const config = model.config;
    const { hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
    assert(headCount % kvHeadCount === 0, () => `${headCount} heads do not share ${kvHeadCount} key heads evenly`);
    this.#config = config;
    this.#weights = openWeights(model, roundsInputs);
    this.#store = store;
    this.#ropes = config.ropes.map((rope) => new RopeAngles(rope, maxTokens));
    this.#places = placesOf(config, groups, store);
    this.#experts = config.experts && new Experts(config, config.experts, maxTokens);
    this.#adapters = new Adapters(adapters);
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
    embed(this.#hidden, tokenIds, plan.tokenCount, this.#weights.embedding, this.#config.embeddingScale);
    this.#adapters.begin(plan);
    for (const angles of this.#ropes) angles.set(plan.positions, plan.tokenCount);
    for (let layer = 0; layer < this.#places.length; layer++) {
      this.#attentionBlock(layer, this.#weights.layers[layer], plan);
      this.#feedForwardBlock(layer, this.#weights.layers[layer], plan.tokenCount);
    }
  }

  /** Logits [vocabSize] of token row `row` of the plan that ran last. */
  logits(out: Float64Array, row: number): void {
    const { hiddenSize, vocabSize, logitScale, logitSoftCap } = this.#config;
    this.#branch.set(this.#hidden.subarray(row * hiddenSize, (row + 1) * hiddenSize));
    this.#norm(this.#normed, this.#branch, this.#weights.finalNorm, 1);
    linear(out, this.#normed, this.#weights.head, 1);
    for (let id = 0; id < vocabSize; id++) {
      const logit = out[id] * logitScale;
      out[id] = logitSoftCap === null ? logit : softCap(logit, logitSoftCap);
    }
  }

  #attentionBlock(number: number, weights: LayerNumbers, plan: StepPlan): void {
    const count = plan.tokenCount;
    const { layer, group: groupIndex, attention } = this.#places[number];
    const group = plan.groups[groupIndex];
    this.#norm(this.#normed, this.#hidden, weights.attentionNorm, count);
    this.#project(this.#queries, this.#normed, number, "query", count);
    this.#project(this.#keys, this.#normed, number, "key", count);
    this.#project(this.#values, this.#normed, number, "value", count);
    this.#prepareHeads(number, weights, count);
    for (let t = 0; t < count; t++) {
      this.#store.writeToken(group.slotMapping[t], layer, this.#keys, this.#values, t * this.#store.kvSize);
    }
    attention.run(this.#attended, this.#queries, layer, plan, group);
    this.#project(this.#branch, this.#attended, number, "output", count);
    this.#addBranch(weights.attentionPostNorm, count);
  }

  /** Norms and rotates the heads of queries and keys. */
  #prepareHeads(number: number, weights: LayerNumbers, count: number): void {
    const { headCount, kvHeadCount, headDim, layers } = this.#config;
    if (weights.queryNorm !== null) this.#norm(this.#queries, this.#queries, weights.queryNorm, count * headCount);
    if (weights.keyNorm !== null) this.#norm(this.#keys, this.#keys, weights.keyNorm, count * kvHeadCount);
    const { rope } = layers[number];
    if (rope === null) return;
    rotate(this.#queries, count, this.#ropes[rope], headCount, headDim);
    rotate(this.#keys, count, this.#ropes[rope], kvHeadCount, headDim);
  }

  #feedForwardBlock(number: number, weights: LayerNumbers, count: number): void {
    this.#norm(this.#normed, this.#hidden, weights.feedForwardNorm, count);
    if (this.#config.layers[number].experts) this.#experts!.run(this.#branch, this.#normed, weights, count);
    else this.#feedForward(number, count);
    this.#addBranch(weights.feedForwardPostNorm, count);
  }

  #feedForward(number: number, count: number): void {
    this.#project(this.#gate, this.#normed, number, "gate", count);
    this.#project(this.#up, this.#normed, number, "up", count);
    activateGate(this.#config.activation, this.#gate, this.#up, count * this.#config.intermediateSize);
    this.#project(this.#branch, this.#gate, number, "down", count);
  }

  /** Adds the branch to the hidden state, through the norm behind it where there is one. */
  #addBranch(postNorm: Float32Array | null, count: number): void {
    const { hiddenSize, residualScale } = this.#config;
    if (postNorm !== null) this.#norm(this.#branch, this.#branch, postNorm, count);
    add(this.#hidden, this.#branch, count * hiddenSize, residualScale);
  }

  /** out = x · Wᵀ + bias, and what the requests' adapters add. */
  #project(out: Float64Array, x: Float64Array, layer: number, part: AdaptedPart, rows: number): void {
    const weights = this.#weights.layers[layer];
    linear(out, x, weights[part], rows);
    const bias = weights[`${part}Bias`];
    if (bias !== null) addBias(out, bias, rows);
    this.#adapters.add(out, x, layer, part);
  }

  #norm(out: Float64Array, x: Float64Array, weight: Float32Array, rows: number): void {
    rmsNorm(out, x, weight, rows, this.#config.norm.epsilon);
  }
}

function placesOf(config: DecoderConfig, groups: readonly LayerGroup[], store: KvStore): LayerPlace[] {
  const { headCount, kvHeadCount, headDim, attentionScale, attentionSoftCap } = config;
  return config.layers.map((_, number) => {
    const group = groups.findIndex((candidate) => candidate.layers.includes(number));
    assert(group >= 0, () => `layer ${number} is in no group`);
    const { window, layers } = groups[group];
    const shape = { headCount, kvHeadCount, headDim, scale: attentionScale, softCap: attentionSoftCap, window };
    return { group, layer: layers.indexOf(number), attention: new PagedAttention(store, shape) };
  });
}
