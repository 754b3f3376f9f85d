export { bStar } from "./b-star.ts";
export { type Capacity, capacity, type CapacityOptions, SERVING_MEMORY, weightBytes } from "./capacity.ts";
export { cheapestGpu, type GpuPlan, type LoadTarget, rankGpus, type RefusedGpu } from "./cheapest.ts";
export { dollarsPerDay, dollarsPerMillionTokens } from "./cost.ts";
export {
  A100_EFFICIENCY,
  DATASHEET_EFFICIENCY,
  HOPPER_EFFICIENCY,
  MEAN_EFFICIENCY,
  RTX_4090_EFFICIENCY,
} from "./efficiency.ts";
export {
  type EngineFigures,
  gpuUnder,
  SGLANG_FIGURES,
  TRTLLM_12_FIGURES,
  TRTLLM_FIGURES,
  VLLM_FIGURES,
} from "./engine-figures.ts";
export { type Arithmetic, ARITHMETICS, type Efficiency, type Gpu, type Link } from "./gpu.ts";
export { gpuFromJson } from "./gpu-json.ts";
export { CPU, gpuNamed, GPUS } from "./hardware.ts";
export { shapeFromConfig, shapeOfDecoder } from "./hf-config.ts";
export { blockBytesPerSequence, blocksPerSequence, kvBytesPerSequence, kvBytesPerToken, kvCopies } from "./kv-bytes.ts";
export { gpuFromMeasurement, type StepMeasurement } from "./measured.ts";
export { modelNamed, MODELS } from "./models.ts";
export { type WeightFormat, weightFormatFromConfig } from "./quantized.ts";
export { readingTokensPerSecond, READING_WORDS_PER_MINUTE, TOKENS_PER_WORD } from "./reading-speed.ts";
export type { Setup } from "./setup.ts";
export {
  expertLayerWeights,
  type ExpertShape,
  headWeights,
  layerCount,
  type LayerKind,
  layerMatrixWeights,
  matrixWeights,
  type ModelShape,
  parameterCount,
} from "./shape.ts";
export { type RequestSize, type SteadyState, steadyState } from "./steady-state.ts";
export { StepLoad } from "./step-load.ts";
export { StepTime } from "./step-time.ts";
export { roofline, type RooflineOptions, type RooflineSummary } from "./summary.ts";
