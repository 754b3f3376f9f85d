import { InvalidOptionError } from "../errors.ts";
import type { Arithmetic, Gpu } from "./gpu.ts";
import type { ModelShape } from "./shape.ts";

/** A model on one or several GPUs: what every question of this folder is about. */
export interface Setup {
  readonly gpu: Gpu;
  readonly shape: ModelShape;
  /** Bits a stored weight, all matrices alike. Default 16. */
  readonly weightBits?: number;
  /** Bits a stored key or value. Default 16. */
  readonly kvBits?: number;
  /** Precision of the multiplication; weights of fewer bits are widened first. Default "fp16". */
  readonly arithmetic?: Arithmetic;
  /** GPUs that share every layer (tensor parallelism). Default 1. */
  readonly gpus?: number;
}

/** Widest stored number. */
const MAX_BITS = 32;

/** GPUs that one machine with one link holds; beyond it tensor parallelism is not used. */
const MAX_GPUS = 16;

/**
 * Fills in defaults and checks ranges. Throws `InvalidOptionError` that names the option, the value and what is
 * allowed.
 */
export function resolveSetup(setup: Setup): Required<Setup> {
  const { gpu, shape, weightBits = 16, kvBits = 16, arithmetic = "fp16", gpus = 1 } = setup;
  checkBits("weightBits", weightBits);
  checkBits("kvBits", kvBits);
  if (!Number.isInteger(gpus) || gpus < 1 || gpus > MAX_GPUS) {
    throw new InvalidOptionError(`gpus must be an integer in [1, ${MAX_GPUS}], got ${gpus}`);
  }
  if (shape.headCount % gpus !== 0) {
    throw new InvalidOptionError(`gpus must divide the ${shape.headCount} heads of ${shape.name}, got ${gpus}`);
  }
  arithmeticRate(gpu, arithmetic);
  return { gpu, shape, weightBits, kvBits, arithmetic, gpus };
}

/** Dense operations a second at that precision. Throws `InvalidOptionError` where the GPU has none. */
export function arithmeticRate(gpu: Gpu, arithmetic: Arithmetic): number {
  const rate = gpu.flops[arithmetic];
  if (rate !== undefined) return rate;
  throw new InvalidOptionError(
    `${gpu.name} does not multiply in "${arithmetic}"; it does in ${Object.keys(gpu.flops).join(", ")}`,
  );
}

function checkBits(name: string, bits: number): void {
  if (!(bits > 0 && bits <= MAX_BITS)) throw new InvalidOptionError(`${name} must be in (0, ${MAX_BITS}], got ${bits}`);
}
