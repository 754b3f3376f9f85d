import { MAX_TOP_LOGPROBS } from "../../config.ts";
import type { StepPlan } from "../../step.ts";
import { editKernel, greedyKernel, logprobsKernel, sampleKernel } from "./kernels/sampling.ts";
import { type Launch, bind } from "./launch.ts";
import type { Buffers } from "./buffers.ts";
import { createPart } from "./part.ts";
import type { Pipeline, Pipelines } from "./pipelines.ts";
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
  /** Of the same size. */
  readonly edited: GPUBuffer;
  readonly results: GPUBuffer;
}

/** The launches of one tile of samples; the last three where the step has edits or masks. */
export interface SamplerLaunches {
  readonly greedy: Launch;
  readonly sample: Launch;
  readonly logprobs: Launch;
  readonly edit: Launch;
  readonly greedyOfEdited: Launch;
  readonly sampleOfEdited: Launch;
}

/** Words of results: ids, flags, log probabilities, top ids and their log probabilities. */
export function resultWords(maxSamples: number): number {
  return (3 + 2 * MAX_TOP_LOGPROBS) * maxSamples;
}

export async function prepareSampler(from: SamplerParts): Promise<readonly SamplerLaunches[]> {
  const { device, buffers, pipelines, shape, vocabSize, maxSamples, tile, tileCount } = from;
  const { columns, logits, edited, results } = from;
  const kernels = [
    greedyKernel(shape, vocabSize, maxSamples),
    sampleKernel(shape, vocabSize),
    logprobsKernel(shape, vocabSize, maxSamples),
    editKernel(shape, vocabSize),
    greedyKernel(shape, vocabSize, maxSamples, false),
  ];
  const compiled = await Promise.all(kernels.map((kernel) => pipelines.get(kernel)));
  const [greedy, sample, logprobs, edit, choose] = compiled;
  return Array.from({ length: tileCount }, (_, index) => {
    const part = createPart(buffers, { firstRow: index * tile });
    const launch = (pipeline: Pipeline, read: GPUBuffer, write: GPUBuffer): Launch => ({
      pipeline: pipeline.pipeline,
      bindGroup: bind(device, pipeline, [columns, part, read, write]),
      width: 0,
      rows: 1,
    });
    return {
      greedy: launch(greedy, logits, results),
      sample: launch(sample, logits, results),
      logprobs: launch(logprobs, logits, results),
      edit: launch(edit, logits, edited),
      greedyOfEdited: launch(choose, edited, results),
      sampleOfEdited: launch(sample, edited, results),
    };
  });
}

/** Which launches a step's samples need beside the greedy one. */
export interface Wants {
  readonly edits: boolean;
  readonly draws: boolean;
  readonly logprobs: boolean;
}

export function wantsOf({ sampleCount, sampling, editCount, maskCount }: StepPlan): Wants {
  const { temperature, logprobs } = sampling;
  return {
    edits: editCount + maskCount > 0,
    draws: some(temperature, sampleCount, (t) => t !== 0),
    logprobs: some(logprobs, sampleCount, (n) => n >= 0),
  };
}

function some(column: Float32Array | Int32Array, count: number, holds: (value: number) => boolean): boolean {
  for (let i = 0; i < count; i++) if (holds(column[i])) return true;
  return false;
}
