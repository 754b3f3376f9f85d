import { InvalidOptionError } from "../errors.ts";
import { DATASHEET_EFFICIENCY } from "./efficiency.ts";
import type { Gpu } from "./gpu.ts";
import { PCIE4 } from "./hardware.ts";
import { headWeights, layerCount, layerMatrixWeights, type ModelShape } from "./shape.ts";

/** What timing steps of growing size on a device gives: the root of squares of floor and slope * tokens. */
export interface StepMeasurement {
  readonly name: string;
  /** The model that was timed, with every token sampled or none: the head counts where `sampled`. */
  readonly shape: ModelShape;
  readonly weightBits: number;
  readonly sampled: boolean;
  /** Seconds of a step however few its tokens are. */
  readonly floorSeconds: number;
  /** Seconds a token of a large step. */
  readonly secondsPerToken: number;
  readonly memoryBytes: number;
  readonly dollarsPerHour?: number;
}

/**
 * A GPU as the steps on it showed it: rates that are reached, so every share is 1, and launch and host are inside the
 * floor. Its `bStar` is that measurement's floor / slope. Throws `InvalidOptionError` for a figure that is no positive
 * number.
 */
export function gpuFromMeasurement(measurement: StepMeasurement): Gpu {
  const {
    name,
    shape,
    weightBits,
    sampled,
    floorSeconds,
    secondsPerToken,
    memoryBytes,
    dollarsPerHour = 0,
  } = measurement;
  for (const [key, value] of Object.entries({ floorSeconds, secondsPerToken, weightBits, memoryBytes })) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new InvalidOptionError(`${key} of ${name} must be a finite number above 0, got ${value}`);
    }
  }
  const weights = layerCount(shape) * layerMatrixWeights(shape) + (sampled ? headWeights(shape) : 0);
  return {
    name,
    flops: { fp16: (2 * weights) / secondsPerToken },
    bytesPerSecond: (weights * weightBits) / 8 / floorSeconds,
    memoryBytes,
    link: PCIE4,
    dollarsPerHour,
    efficiency: { ...DATASHEET_EFFICIENCY, fittedOn: `steps of ${shape.name} on this device` },
    source: `measured with ${shape.name}`,
    priceSource: "given by the caller",
  };
}
