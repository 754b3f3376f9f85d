import { assert } from "../../assert.ts";
import { editLogits, isEdited, LogprobWriter, Sampler } from "../../sampling/index.ts";
import { SAMPLE_NOT_FINITE, type StepPlan } from "../../step.ts";
import type { BackendInfo } from "../backend.ts";
import { checkPlan } from "./check-plan.ts";
import type { Forward } from "./forward.ts";
import type { KvStore } from "./kv-store.ts";
import { type StepOutput, createStepOutput } from "./step-output.ts";

/** What a `StepRunner` is made of. */
export interface StepRunnerParts {
  readonly forward: Forward;
  readonly device: KvStore;
  readonly host: KvStore;
  readonly info: BackendInfo;
  readonly keepLogits: boolean;
  /** Default 0. */
  readonly adapterCount?: number;
}

/** Runs plans one after the other: moves blocks, computes, samples. Knows nothing of promises. */
export class StepRunner {
  readonly device: KvStore;
  readonly #host: KvStore;
  readonly #forward: Forward;
  readonly #info: BackendInfo;
  readonly #adapterCount: number;
  readonly #sampler: Sampler;
  readonly #logprobs: LogprobWriter;
  /** [maxTokens] input ids, the fed-back ones filled in. */
  readonly #tokenIds: Int32Array;
  /** [vocabSize] logits of one sample, as computed. */
  readonly #wide: Float64Array;
  /** The same as float32, so that the kept logits are the sampled ones. */
  readonly #logits: Float32Array;
  readonly #edited: Float32Array;
  /** Written in turn. */
  #output: StepOutput;
  #preceding: StepOutput;
  #precedingSamples = 0;

  constructor({ forward, device, host, info, keepLogits, adapterCount = 0 }: StepRunnerParts) {
    const { vocabSize, maxTokens } = info;
    this.#forward = forward;
    this.device = device;
    this.#host = host;
    this.#info = info;
    this.#adapterCount = adapterCount;
    this.#sampler = new Sampler(vocabSize);
    this.#logprobs = new LogprobWriter(vocabSize);
    this.#tokenIds = new Int32Array(maxTokens);
    this.#wide = new Float64Array(vocabSize);
    this.#logits = new Float32Array(vocabSize);
    this.#edited = new Float32Array(vocabSize);
    const keptVocabSize = keepLogits ? vocabSize : null;
    this.#output = createStepOutput(maxTokens, keptVocabSize);
    this.#preceding = createStepOutput(maxTokens, keptVocabSize);
  }

  /** The output is written again by the second next call. After an exception no sample can be fed back. */
  run(plan: StepPlan): StepOutput {
    const samplesBefore = this.#precedingSamples;
    this.#precedingSamples = 0;
    checkPlan(plan, this.#info, this.#adapterCount);
    this.#moveBlocks(plan);
    this.#resolveTokenIds(plan, samplesBefore);
    this.#forward.run(plan, this.#tokenIds);
    for (let sample = 0; sample < plan.sampleCount; sample++) this.#sample(plan, sample);
    this.#precedingSamples = plan.sampleCount;
    const output = this.#output;
    this.#output = this.#preceding;
    this.#preceding = output;
    return output;
  }

  #moveBlocks({ swapOuts, swapOutCount, swapIns, swapInCount, copies, copyCount }: StepPlan): void {
    const { device } = this;
    for (let i = 0; i < swapOutCount; i++) this.#host.copyFrom(device, swapOuts[2 * i], swapOuts[2 * i + 1]);
    for (let i = 0; i < swapInCount; i++) device.copyFrom(this.#host, swapIns[2 * i], swapIns[2 * i + 1]);
    for (let i = 0; i < copyCount; i++) device.copyFrom(device, copies[2 * i], copies[2 * i + 1]);
  }

  #resolveTokenIds(plan: StepPlan, samplesBefore: number): void {
    for (let token = 0; token < plan.tokenCount; token++) {
      const id = plan.tokenIds[token];
      assert(~id < samplesBefore, () => `token ${token} is sample ${~id} of a plan that had ${samplesBefore}`);
      this.#tokenIds[token] = id < 0 ? this.#preceding.tokenIds[~id] : id;
    }
  }

  #sample(plan: StepPlan, sample: number): void {
    const row = plan.sampleRows[sample];
    const output = this.#output;
    this.#forward.logits(this.#wide, row);
    this.#logits.set(this.#wide);
    const id = this.#sampler.sample(this.#chosenFrom(plan, sample), plan.sampling, sample, plan.positions[row] + 1);
    output.tokenIds[sample] = id;
    output.sampleFlags[sample] = this.#logits.every((logit) => Number.isFinite(logit)) ? 0 : SAMPLE_NOT_FINITE;
    output.logits?.set(this.#logits, sample * this.#info.vocabSize);
    const top = plan.sampling.logprobs[sample];
    if (top >= 0) this.#logprobs.write(output, sample, this.#logits, id, top);
  }

  /** The logits with the sample's edits. The logits themselves stay: log probabilities and flags are of those. */
  #chosenFrom(plan: StepPlan, sample: number): Float32Array {
    if (!isEdited(plan, sample)) return this.#logits;
    this.#edited.set(this.#logits);
    editLogits(this.#edited, plan, sample);
    return this.#edited;
  }
}
