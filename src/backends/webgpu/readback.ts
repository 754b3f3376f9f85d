import { MAX_TOP_LOGPROBS } from "../../config.ts";
import type { StepResult } from "../../step.ts";
import { type Buffers, MAP_MODE_READ, USAGE } from "./buffers.ts";
import { resultWords } from "./sampler.ts";
import { type Shape, VECTOR_BYTES } from "./shape.ts";

/** Sizes of what a step brings back. */
export interface ReadbackSizes {
  readonly maxSamples: number;
  readonly vocabSize: number;
  readonly shape: Shape;
  readonly keepLogits: boolean;
}

/** What one step brings back to the host, in arrays that are written again two steps later. */
export class Readback {
  readonly result: StepResult;
  readonly #staging: GPUBuffer;
  readonly #sizes: ReadbackSizes;
  readonly #resultBytes: number;
  readonly #rowBytes: number;
  /** Bytes of `#staging` that the step in flight fills. */
  #used = 0;
  #samples = 0;

  constructor(buffers: Buffers, sizes: ReadbackSizes) {
    const { maxSamples, vocabSize, shape, keepLogits } = sizes;
    this.#sizes = sizes;
    this.#resultBytes = 4 * resultWords(maxSamples);
    this.#rowBytes = shape.vocabulary * VECTOR_BYTES;
    const size = this.#resultBytes + (keepLogits ? maxSamples * this.#rowBytes : 0);
    this.#staging = buffers.create("results on the host", size, USAGE.MAP_READ | USAGE.COPY_DST);
    this.result = {
      tokenIds: new Int32Array(maxSamples),
      sampleFlags: new Uint8Array(maxSamples),
      logprobs: new Float32Array(maxSamples),
      topIds: new Int32Array(maxSamples * MAX_TOP_LOGPROBS),
      topLogprobs: new Float32Array(maxSamples * MAX_TOP_LOGPROBS),
      ...(keepLogits ? { logits: new Float32Array(maxSamples * vocabSize) } : {}),
    };
  }

  /** Records the copies of a step with `samples` samples: the ids alone, unless more is wanted. */
  encode(encoder: GPUCommandEncoder, results: GPUBuffer, logits: GPUBuffer, samples: number, logprobs: boolean): void {
    this.#samples = samples;
    // Ids, then flags: without log probabilities the flags are the last bytes that are used.
    this.#used = logprobs ? this.#resultBytes : 4 * (this.#sizes.maxSamples + Math.max(1, samples));
    encoder.copyBufferToBuffer(results, 0, this.#staging, 0, this.#used);
    if (this.result.logits && samples > 0) {
      encoder.copyBufferToBuffer(logits, 0, this.#staging, this.#resultBytes, samples * this.#rowBytes);
      this.#used = this.#resultBytes + samples * this.#rowBytes;
    }
  }

  /** Resolves when the step has run and its results are in `result`. */
  async read(): Promise<void> {
    await this.#staging.mapAsync(MAP_MODE_READ, 0, this.#used);
    this.#take(this.#staging.getMappedRange(0, this.#used));
    this.#staging.unmap();
  }

  #take(mapped: ArrayBuffer): void {
    const { maxSamples, vocabSize } = this.#sizes;
    const { tokenIds, sampleFlags, logprobs, topIds, topLogprobs, logits } = this.result;
    tokenIds.set(new Int32Array(mapped, 0, this.#samples));
    sampleFlags!.set(new Int32Array(mapped, 4 * maxSamples, this.#samples));
    if (this.#used < this.#resultBytes) return;
    const tops = MAX_TOP_LOGPROBS * this.#samples;
    logprobs!.set(new Float32Array(mapped, 8 * maxSamples, this.#samples));
    topIds!.set(new Int32Array(mapped, 12 * maxSamples, tops));
    topLogprobs!.set(new Float32Array(mapped, (12 + 4 * MAX_TOP_LOGPROBS) * maxSamples, tops));
    for (let sample = 0; logits && sample < this.#samples; sample++) {
      logits.set(new Float32Array(mapped, this.#resultBytes + sample * this.#rowBytes, vocabSize), sample * vocabSize);
    }
  }
}
