import { MAX_TOP_LOGPROBS } from "../../../config.ts";
import type { Shape } from "../shape.ts";
import { type Kernel, compose } from "./kernel.ts";

/**
 * The largest logit of each sample, and whether all are finite; one workgroup a sample, like the next two; bindings:
 * columns, part, logits, results.
 */
export function greedyKernel(shape: Shape, vocabSize: number, maxSamples: number, flags = true): Kernel {
  const kernel = onLogits("greedy", compose("columns", "part", "ranking", "greedy"), shape, vocabSize);
  return { ...kernel, constants: { ...kernel.constants, SAMPLES: maxSamples, FLAGS: flags ? 1 : 0 } };
}

/** The logits with each sample's edits and mask; bindings: columns, part, logits, edited logits. */
export function editKernel(shape: Shape, vocabSize: number): Kernel {
  return onLogits("edit", compose("columns", "part", "edit"), shape, vocabSize);
}

/** Seeded sampling of the rows that are not greedy. */
export function sampleKernel(shape: Shape, vocabSize: number): Kernel {
  return onLogits("sample", compose("columns", "part", "ranking", "threefry", "sample"), shape, vocabSize);
}

/** Log probabilities of the rows that want them; results have room for `maxSamples` samples. */
export function logprobsKernel(shape: Shape, vocabSize: number, maxSamples: number): Kernel {
  const kernel = onLogits("logprobs", compose("columns", "part", "ranking", "logprobs"), shape, vocabSize);
  return { ...kernel, constants: { ...kernel.constants, SAMPLES: maxSamples, TOP: MAX_TOP_LOGPROBS } };
}

function onLogits(label: string, code: string, shape: Shape, vocabSize: number): Kernel {
  return {
    label,
    code,
    bindings: ["read", "uniform", "read", "write"],
    constants: { VOCABULARY: vocabSize, ROW_STRIDE: 4 * shape.vocabulary },
  };
}
