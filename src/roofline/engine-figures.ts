import type { Efficiency, Gpu } from "./gpu.ts";

/** Times of `Efficiency` that an engine's code decides, not the GPU. */
type Overheads = Pick<
  Efficiency,
  | "launchSecondsPerLayer"
  | "promptSecondsPerLayer"
  | "lowPrecisionSecondsPerLayer"
  | "hostSecondsPerStep"
  | "hostSecondsPerRequest"
>;

/** What servers of one engine were measured to take, whatever the GPU. Fitted by `npm run fit`. */
export interface EngineFigures extends Overheads {
  /** On the GPU's shares of FLOP/s at 16 bits, and at 8 and fewer; the products are at most 1. */
  readonly flopsFactor: number;
  readonly lowPrecisionFlopsFactor: number;
  /** Seconds of an all-reduce of a few tokens between two GPUs. */
  readonly allReduceSeconds: number;
  /** Seconds a byte of keys and values beside reading it, by GPU; 0 for others. */
  readonly kvSecondsPerByte: Readonly<Record<string, number>>;
  /** GPUs whose own figures were fitted on this engine: they stay as they are. */
  readonly fittedGpus: readonly string[];
  /** Which measurements these figures were fitted on, for people. */
  readonly fittedOn: string;
}

/**
 * vLLM's attention on Ampere and Ada (FlashAttention 2): A100 and L40S, 10 runs, agree on this time a byte, where their
 * shares of bytes/s (0.36 and 0.55) do not.
 */
const FLASH_ATTENTION_2 = 0.809e-12;

/** Of a step with a prompt's tokens: the same for all engines, whose runs do not tell them apart. */
const PROMPT_SECONDS = 15.7e-6;

export const VLLM_FIGURES: EngineFigures = Object.freeze({
  launchSecondsPerLayer: 11.9e-6,
  promptSecondsPerLayer: PROMPT_SECONDS,
  lowPrecisionSecondsPerLayer: 14.2e-6,
  hostSecondsPerStep: 0.964e-3,
  hostSecondsPerRequest: 23.2e-6,
  flopsFactor: 1,
  lowPrecisionFlopsFactor: 1,
  allReduceSeconds: 11.4e-6,
  kvSecondsPerByte: Object.fromEntries(
    ["a10", "a10g", "a100-40gb", "a100-80gb", "l4", "l40s"].map((gpu) => [gpu, FLASH_ATTENTION_2]),
  ),
  fittedGpus: ["rtx-4090"],
  fittedOn: "61 runs of vLLM 0.12 and 0.15 on H100, H200, A100 and L40S",
});

export const TRTLLM_FIGURES: EngineFigures = Object.freeze({
  launchSecondsPerLayer: 11.4e-6,
  promptSecondsPerLayer: PROMPT_SECONDS,
  lowPrecisionSecondsPerLayer: 12.3e-6,
  hostSecondsPerStep: 1.42e-3,
  hostSecondsPerRequest: 22.9e-6,
  flopsFactor: 1.12,
  lowPrecisionFlopsFactor: 0.969,
  allReduceSeconds: 4.2e-6,
  kvSecondsPerByte: {},
  fittedGpus: [],
  fittedOn: "75 runs of TensorRT-LLM 1.0 on H100",
});

export const TRTLLM_12_FIGURES: EngineFigures = Object.freeze({
  launchSecondsPerLayer: 6.8e-6,
  promptSecondsPerLayer: PROMPT_SECONDS,
  lowPrecisionSecondsPerLayer: 11.1e-6,
  hostSecondsPerStep: 0.593e-3,
  hostSecondsPerRequest: 20.1e-6,
  flopsFactor: 1,
  lowPrecisionFlopsFactor: 1.27,
  allReduceSeconds: 7.1e-6,
  kvSecondsPerByte: {},
  fittedGpus: [],
  fittedOn: "7 runs of TensorRT-LLM 1.2 on H100 and H200",
});

export const SGLANG_FIGURES: EngineFigures = Object.freeze({
  launchSecondsPerLayer: 9.6e-6,
  promptSecondsPerLayer: PROMPT_SECONDS,
  lowPrecisionSecondsPerLayer: 34.5e-6,
  hostSecondsPerStep: 1.1e-3,
  hostSecondsPerRequest: 21.5e-6,
  flopsFactor: 1.21,
  lowPrecisionFlopsFactor: 1.06,
  allReduceSeconds: 8.6e-6,
  kvSecondsPerByte: {},
  fittedGpus: [],
  fittedOn: "23 runs of SGLang 0.5 on H100 and H200",
});

/**
 * The GPU as that engine uses it: its shares by the engine's factors, and the engine's times in the place of its own.
 */
export function gpuUnder(engine: EngineFigures | null, gpu: Gpu): Gpu {
  if (engine === null || engine.fittedGpus.includes(gpu.name)) return gpu;
  const { efficiency, link } = gpu;
  return {
    ...gpu,
    link: { ...link, latencySeconds: engine.allReduceSeconds },
    efficiency: {
      ...efficiency,
      flopsShare: Math.min(1, efficiency.flopsShare * engine.flopsFactor),
      lowPrecisionFlopsShare: Math.min(1, efficiency.lowPrecisionFlopsShare * engine.lowPrecisionFlopsFactor),
      kvSecondsPerByte: engine.kvSecondsPerByte[gpu.name] ?? 0,
      launchSecondsPerLayer: engine.launchSecondsPerLayer,
      promptSecondsPerLayer: engine.promptSecondsPerLayer,
      lowPrecisionSecondsPerLayer: engine.lowPrecisionSecondsPerLayer,
      hostSecondsPerStep: engine.hostSecondsPerStep,
      hostSecondsPerRequest: engine.hostSecondsPerRequest,
      fittedOn: `${efficiency.fittedOn}; ${engine.fittedOn}`,
    },
  };
}
