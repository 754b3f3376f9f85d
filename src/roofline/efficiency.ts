import type { Efficiency } from "./gpu.ts";

/**
 * Figures fitted on measurements, one set a GPU; `scripts/fit-roofline.ts` prints how far they are off, docs/roofline.md says how
 * they were found.
 */

/** Operator times of two profilers (whole-model steps of Llama-2-7B and Llama-3-8B), which hold no host work, and five published TensorRT-LLM rows, which do. */
export const A100_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 0.727,
  flopsShare: 0.765,
  kvBandwidthShare: 0.915,
  attentionFlopsShare: 0.585,
  elementwiseBandwidthShare: 0.54,
  launchSecondsPerLayer: 39e-6,
  hostSecondsPerStep: 1.2e-3,
  hostSecondsPerRequest: 0,
  fittedOn: "A100-80GB step tables (Vidur, aiconfigurator), TensorRT-LLM 0.5 and 0.6.1 rows",
});

/** A vLLM 0.19.0 run of Llama-3.1-8B: full prefill steps, the undisturbed decode tail, a replay of the whole run. */
export const RTX_4090_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 0.94,
  flopsShare: 0.965,
  kvBandwidthShare: 0.8,
  attentionFlopsShare: 0.9,
  elementwiseBandwidthShare: 1,
  launchSecondsPerLayer: 8e-6,
  hostSecondsPerStep: 0.3e-3,
  hostSecondsPerRequest: 47e-6,
  fittedOn: "vLLM 0.19.0, Llama-3.1-8B bf16, 300 requests on one RTX 4090",
});

/** Matrix products of Llama-2-7B on an A40, which is not in the catalogue but counts in the mean. */
const A40_GEMM = { bandwidthShare: 0.7925, flopsShare: 0.7428 } as const;

/** Mean of the fitted GPUs (A40 for the matrix products only): what a GPU without data is given. */
export const MEAN_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: mean(A100_EFFICIENCY.bandwidthShare, RTX_4090_EFFICIENCY.bandwidthShare, A40_GEMM.bandwidthShare),
  flopsShare: mean(A100_EFFICIENCY.flopsShare, RTX_4090_EFFICIENCY.flopsShare, A40_GEMM.flopsShare),
  kvBandwidthShare: mean(A100_EFFICIENCY.kvBandwidthShare, RTX_4090_EFFICIENCY.kvBandwidthShare),
  attentionFlopsShare: mean(A100_EFFICIENCY.attentionFlopsShare, RTX_4090_EFFICIENCY.attentionFlopsShare),
  elementwiseBandwidthShare: mean(A100_EFFICIENCY.elementwiseBandwidthShare, RTX_4090_EFFICIENCY.elementwiseBandwidthShare),
  launchSecondsPerLayer: mean(A100_EFFICIENCY.launchSecondsPerLayer, RTX_4090_EFFICIENCY.launchSecondsPerLayer),
  hostSecondsPerStep: mean(A100_EFFICIENCY.hostSecondsPerStep, RTX_4090_EFFICIENCY.hostSecondsPerStep),
  hostSecondsPerRequest: mean(A100_EFFICIENCY.hostSecondsPerRequest, RTX_4090_EFFICIENCY.hostSecondsPerRequest),
  fittedOn: "nothing of its own: the mean of A100, RTX 4090 and (matrix products) A40",
});

/** The datasheet itself: every share 1, nothing beside it. For arithmetic on paper and for figures already measured end to end. */
export const DATASHEET_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 1,
  flopsShare: 1,
  kvBandwidthShare: 1,
  attentionFlopsShare: 1,
  elementwiseBandwidthShare: 1,
  launchSecondsPerLayer: 0,
  hostSecondsPerStep: 0,
  hostSecondsPerRequest: 0,
  fittedOn: "nothing: datasheet figures as they are",
});

function mean(...values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
