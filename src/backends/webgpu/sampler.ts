import { MAX_TOP_LOGPROBS } from "../../config.ts";
import type { StepPlan } from "../../step.ts";
import { greedyKernel, logprobsKernel, sampleKernel } from "./kernels/sampling.ts";
import { type Launch, bind } from "./launch.ts";
import type { Buffers } from "./buffers.ts";
import { createPart } from "./part.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Shape } from "./shape.ts";

/** What the launches of sampling are made of. */
export interface SamplerParts {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  readonly shape: Shape;
  readonly vocabSize: number;
  readonly maxSamples: number;
  readonly tile: number;
  readonly tileCount: number;
  readonly columns: GPUBuffer;
  readonly logits: GPUBuffer;
  readonly results: GPUBuffer;
}

/** The launches of one tile of samples. */
export interface SamplerLaunches {
  readonly greedy: Launch;
  readonly sample: Launch;
  readonly logprobs: Launch;
}

/** Words of results: ids, flags, log probabilities, top ids and their log probabilities. */
export function resultWords(maxSamples: number): number {
  return (3 + 2 * MAX_TOP_LOGPROBS) * maxSamples;
}

export async function prepareSampler(from: SamplerParts): Promise<readonly SamplerLaunches[]> {
  const { device, buffers, pipelines, shape, vocabSize, maxSamples, tile, tileCount, columns, logits, results } = from;
  const kernels = [
    greedyKernel(shape, vocabSize, maxSamples),
    sampleKernel(shape, vocabSize),
    logprobsKernel(shape, vocabSize, maxSamples),
  ];
  const compiled = await Promise.all(kernels.map((kernel) => pipelines.get(kernel)));
  return Array.from({ length: tileCount }, (_, index) => {
    const part = createPart(buffers, { firstRow: index * tile });
    const [greedy, sample, logprobs] = compiled.map((pipeline) => {
      const bindGroup = bind(device, pipeline, [columns, part, logits, results]);
      return { pipeline: pipeline.pipeline, bindGroup, width: 0, rows: 1 };
    });
    return { greedy, sample, logprobs };
  });
}

/** Which launches a step's samples need beside the greedy one. */
export interface Wants {
  readonly draws: boolean;
  readonly logprobs: boolean;
}

export function wantsOf({ sampleCount, sampling }: StepPlan): Wants {
  const { temperature, logprobs } = sampling;
  return {
    draws: some(temperature, sampleCount, (t) => t !== 0),
    logprobs: some(logprobs, sampleCount, (n) => n >= 0),
  };
}

function some(column: Float32Array | Int32Array, count: number, holds: (value: number) => boolean): boolean {
  for (let i = 0; i < count; i++) if (holds(column[i])) return true;
  return false;
}
