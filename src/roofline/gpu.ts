/**
 * What a GPU can do by its datasheet, and which share of that is reached. The numbers are in `hardware.ts` and
 * `efficiency.ts`; `gpu-json.ts` reads others from a file.
 */

/** Precision of the multiplication: bf16 counts as fp16; weight-only quantization multiplies in fp16. */
export type Arithmetic = "fp16" | "int8" | "fp8" | "fp4";

/** All of them, for help and complaints. */
export const ARITHMETICS: readonly Arithmetic[] = ["fp16", "int8", "fp8", "fp4"];

/** Which share of the datasheet's figures real kernels reach, and what every step costs beside them. */
export interface Efficiency {
  /** Of bytes/s, while the matrix products read weights. */
  readonly bandwidthShare: number;
  /** The same while a mixture's experts are read, all of a layer by one kernel. */
  readonly expertBandwidthShare: number;
  /** Of FLOP/s, in the matrix products. Above 1 where the clock exceeds the datasheet's. */
  readonly flopsShare: number;
  /**
   * Of FLOP/s at 8 bits or fewer, in the matrix products: quantizing activations and scaling results is counted as lost
   * rate.
   */
  readonly lowPrecisionFlopsShare: number;
  /** Of bytes/s, while attention reads keys and values that several query heads share. */
  readonly kvBandwidthShare: number;
  /** The same where each query head has keys and values of its own. */
  readonly fullKvBandwidthShare: number;
  /**
   * Seconds a byte of keys and values beside reading it, on each GPU: attention kernels that compute as long as they
   * read.
   */
  readonly kvSecondsPerByte: number;
  /** Of FLOP/s at fp16, in the attention of prompts (causal pairs only are counted as work). */
  readonly attentionFlopsShare: number;
  /** Of bytes/s, in norms, rotary embedding, activation and residual; above a plain copy's where a cache holds them. */
  readonly elementwiseBandwidthShare: number;
  /** Seconds of kernel starts and gaps a layer and step, on the device. */
  readonly launchSecondsPerLayer: number;
  /**
   * Seconds a layer that a step with a prompt's tokens takes longer: its kernels start one by one, a step of decodes
   * starts as one graph.
   */
  readonly promptSecondsPerLayer: number;
  /** Seconds a layer of norms on queries and keys, where the model has them. */
  readonly queryKeyNormSecondsPerLayer: number;
  /** Seconds a layer of quantizing activations, where products are of 8 bits or fewer. */
  readonly lowPrecisionSecondsPerLayer: number;
  /** Seconds a layer with experts of choosing them, sorting tokens by them and adding up. */
  readonly mixtureSecondsPerLayer: number;
  /** Seconds a layer with experts of quantizing activations for them, where products are of 8 bits or fewer. */
  readonly lowPrecisionMixtureSecondsPerLayer: number;
  /** Seconds of scheduling and input preparation a step that the device waits for. */
  readonly hostSecondsPerStep: number;
  /** Seconds a request and step: per-row work of host and sampler. */
  readonly hostSecondsPerRequest: number;
  /** Which measurements these figures were fitted on, for people. */
  readonly fittedOn: string;
}

/** How the GPUs of one machine reach each other, for tensor parallelism. */
export interface Link {
  /** Bytes/s a GPU sends, one direction, by the datasheet. */
  readonly bytesPerSecond: number;
  /** Which share of that an all-reduce reaches. */
  readonly share: number;
  /** Seconds of an all-reduce of a few tokens: two GPUs, and each one more. */
  readonly latencySeconds: number;
  readonly latencySecondsPerGpu: number;
}

/**
 * One GPU. Rates are a second, sizes in bytes (memory in GiB as the driver counts, rates in powers of ten as datasheets
 * do).
 */
export interface Gpu {
  readonly name: string;
  /** Dense operations a second (a multiply-add is two), accumulated in 32 bits; absent where the hardware has none. */
  readonly flops: { readonly fp16: number; readonly int8?: number; readonly fp8?: number; readonly fp4?: number };
  readonly bytesPerSecond: number;
  readonly memoryBytes: number;
  readonly link: Link;
  /** On-demand list price; a reservation or another provider changes it by a factor of two either way. */
  readonly dollarsPerHour: number;
  readonly efficiency: Efficiency;
  /** Where the rates are from. */
  readonly source: string;
  /** Where the price is from, and of when. */
  readonly priceSource: string;
}
