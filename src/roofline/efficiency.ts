import type { Efficiency } from "./gpu.ts";

/**
 * Figures fitted on measurements, one set a GPU. `scripts/fit-roofline.ts` and `npm run fit` print how far they are
 * off; docs/roofline.md says how they were found.
 */

/** Share of the rate at 8 bits, fitted on H100 and H200 alone: no other GPU has measurements of it. */
const LOW_PRECISION_FLOPS_SHARE = 0.526;

/** Norms of queries and keys, fitted on Qwen3: two kernels a layer. */
const QUERY_KEY_NORM_SECONDS = 6e-6;

/** Quantizing activations, a layer: as vLLM on H100 and H200. */
const LOW_PRECISION_SECONDS = 14.2e-6;

/**
 * A layer with experts, beside its products, and what 8 bits add to it: 28 runs of Mixtral and Llama 4 on H100 alone.
 */
const MIXTURE_SECONDS = 20e-6;
const LOW_PRECISION_MIXTURE_SECONDS = 50e-6;

/**
 * Operator times of two profilers (whole-model steps of Llama-2-7B and Llama-3-8B), which hold no host work, and five
 * published TensorRT-LLM rows, which do.
 */
export const A100_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 0.727,
  expertBandwidthShare: 0.8,
  flopsShare: 0.765,
  lowPrecisionFlopsShare: LOW_PRECISION_FLOPS_SHARE,
  kvBandwidthShare: 0.915,
  fullKvBandwidthShare: 0.915,
  kvSecondsPerByte: 0,
  attentionFlopsShare: 0.585,
  elementwiseBandwidthShare: 0.54,
  launchSecondsPerLayer: 39e-6,
  promptSecondsPerLayer: 0,
  queryKeyNormSecondsPerLayer: QUERY_KEY_NORM_SECONDS,
  lowPrecisionSecondsPerLayer: LOW_PRECISION_SECONDS,
  mixtureSecondsPerLayer: MIXTURE_SECONDS,
  lowPrecisionMixtureSecondsPerLayer: LOW_PRECISION_MIXTURE_SECONDS,
  hostSecondsPerStep: 1.2e-3,
  hostSecondsPerRequest: 0,
  fittedOn: "A100-80GB step tables (Vidur, aiconfigurator), TensorRT-LLM 0.5 and 0.6.1 rows",
});

/** A vLLM 0.19.0 run of Llama-3.1-8B: full prefill steps, the undisturbed decode tail, a replay of the whole run. */
export const RTX_4090_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 0.94,
  expertBandwidthShare: 0.94,
  flopsShare: 0.965,
  lowPrecisionFlopsShare: LOW_PRECISION_FLOPS_SHARE,
  kvBandwidthShare: 0.8,
  fullKvBandwidthShare: 0.8,
  kvSecondsPerByte: 0,
  attentionFlopsShare: 0.9,
  elementwiseBandwidthShare: 1,
  launchSecondsPerLayer: 8e-6,
  promptSecondsPerLayer: 0,
  queryKeyNormSecondsPerLayer: QUERY_KEY_NORM_SECONDS,
  lowPrecisionSecondsPerLayer: LOW_PRECISION_SECONDS,
  mixtureSecondsPerLayer: MIXTURE_SECONDS,
  lowPrecisionMixtureSecondsPerLayer: LOW_PRECISION_MIXTURE_SECONDS,
  hostSecondsPerStep: 0.3e-3,
  hostSecondsPerRequest: 47e-6,
  fittedOn: "vLLM 0.19.0, Llama-3.1-8B bf16, 300 requests on one RTX 4090",
});

/** Runs of vLLM, TensorRT-LLM and SGLang on H100 and H200; the times beside the device's shares are vLLM's. */
export const HOPPER_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 0.846,
  expertBandwidthShare: 0.93,
  flopsShare: 0.653,
  lowPrecisionFlopsShare: LOW_PRECISION_FLOPS_SHARE,
  kvBandwidthShare: 1,
  fullKvBandwidthShare: 0.527,
  kvSecondsPerByte: 0,
  attentionFlopsShare: 0.677,
  elementwiseBandwidthShare: 0.731,
  launchSecondsPerLayer: 11.9e-6,
  promptSecondsPerLayer: 15.7e-6,
  queryKeyNormSecondsPerLayer: QUERY_KEY_NORM_SECONDS,
  lowPrecisionSecondsPerLayer: LOW_PRECISION_SECONDS,
  mixtureSecondsPerLayer: MIXTURE_SECONDS,
  lowPrecisionMixtureSecondsPerLayer: LOW_PRECISION_MIXTURE_SECONDS,
  hostSecondsPerStep: 0.964e-3,
  hostSecondsPerRequest: 23.2e-6,
  fittedOn: "157 runs of vLLM, TensorRT-LLM and SGLang servers on H100 and H200",
});

/** Matrix products of Llama-2-7B on an A40, which is not in the catalogue but counts in the mean. */
const A40_GEMM = { bandwidthShare: 0.7925, flopsShare: 0.7428 } as const;

const FITTED = [A100_EFFICIENCY, RTX_4090_EFFICIENCY, HOPPER_EFFICIENCY] as const;

/** Mean of the fitted GPUs (A40 for the matrix products only): what a GPU with fewer than 8 runs is given. */
export const MEAN_EFFICIENCY: Efficiency = Object.freeze({
  ...meanOf(FITTED),
  bandwidthShare: mean([...FITTED, A40_GEMM].map((figures) => figures.bandwidthShare)),
  flopsShare: mean([...FITTED, A40_GEMM].map((figures) => figures.flopsShare)),
  fittedOn: "nothing of its own: the mean of A100, RTX 4090, H100 and (matrix products) A40",
});

/**
 * The datasheet itself: every share 1, nothing beside it. For arithmetic on paper and for figures already measured end
 * to end.
 */
export const DATASHEET_EFFICIENCY: Efficiency = Object.freeze({
  bandwidthShare: 1,
  expertBandwidthShare: 1,
  flopsShare: 1,
  lowPrecisionFlopsShare: 1,
  kvBandwidthShare: 1,
  fullKvBandwidthShare: 1,
  kvSecondsPerByte: 0,
  attentionFlopsShare: 1,
  elementwiseBandwidthShare: 1,
  launchSecondsPerLayer: 0,
  promptSecondsPerLayer: 0,
  queryKeyNormSecondsPerLayer: 0,
  lowPrecisionSecondsPerLayer: 0,
  mixtureSecondsPerLayer: 0,
  lowPrecisionMixtureSecondsPerLayer: 0,
  hostSecondsPerStep: 0,
  hostSecondsPerRequest: 0,
  fittedOn: "nothing: datasheet figures as they are",
});

function meanOf(sets: readonly Efficiency[]): Omit<Efficiency, "fittedOn"> {
  const { fittedOn: _, ...figures } = sets[0];
  const keys = Object.keys(figures) as (keyof typeof figures)[];
  return Object.fromEntries(keys.map((key) => [key, mean(sets.map((set) => set[key]))])) as Omit<
    Efficiency,
    "fittedOn"
  >;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
