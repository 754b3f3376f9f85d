import { integerOption } from "../../option-checks.ts";
import { blockBytes, groupsOf } from "./block-bytes.ts";
import { type Setup, StepLoad, StepTime } from "../../roofline/index.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { BackendInfo } from "../backend.ts";
import { hasWindows, loadPlan } from "./plan-load.ts";
import { SyntheticTokens } from "./synthetic-tokens.ts";

/** A device that does no arithmetic. */
export interface SimulatedDeviceOptions extends Setup {
  readonly blockCount: number;
  /** Default 0. */
  readonly hostBlockCount?: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** Default: the model's. */
  readonly contextLength?: number;
  /** Sampled ids are below it. Default: the model's. */
  readonly vocabSize?: number;
}

/**
 * Bytes a second between host and device that swaps reach: what PCIe 4.0 x16 gives large copies (assumed, not fitted;
 * the link carries 32e9).
 */
const HOST_LINK_BYTES_PER_SECOND = 25e9;

/** A copy inside the device reads and writes. */
const ACCESSES_OF_A_COPY = 2;

/**
 * What a step would take on a GPU, and ids that stand for its tokens: the synchronous heart of the simulated backend,
 * for the simulator's loop. Keeps no keys and values. Allocates nothing after construction.
 */
export class SimulatedDevice {
  readonly info: BackendInfo;
  /** Sum of all steps. */
  busySeconds = 0;
  /** What the step that was timed last carried. */
  readonly load: StepLoad;
  readonly #time: StepTime;
  readonly #windowed: boolean;
  readonly #tokens: SyntheticTokens;
  readonly #copySeconds: number;
  readonly #swapSeconds: number;

  /** Throws `InvalidOptionError` for a setup or size out of range. */
  constructor(options: SimulatedDeviceOptions) {
    const { gpu, shape, blockCount, blockSize, maxTokens, maxRequests, hostBlockCount = 0 } = options;
    const { contextLength = shape.contextLength, vocabSize = shape.vocabSize } = options;
    for (const [name, value] of Object.entries({
      blockCount,
      blockSize,
      maxTokens,
      maxRequests,
      contextLength,
      vocabSize,
    })) {
      integerOption(name, value, { least: 1 });
    }
    const groups = groupsOf(shape);
    // One byte stands for what a block holds: none may have no bytes at all.
    this.info = {
      name: `simulated (${gpu.name})`,
      blockCount,
      hostBlockCount,
      blockSize,
      maxTokens,
      maxRequests,
      contextLength,
      vocabSize,
      bytesPerBlock: 1,
      groups,
    };
    this.#time = new StepTime(options);
    this.load = new StepLoad(shape);
    this.#windowed = hasWindows(shape);
    this.#tokens = new SyntheticTokens(vocabSize, maxTokens);
    const bytes = blockBytes(options, blockSize);
    this.#copySeconds = (ACCESSES_OF_A_COPY * bytes) / (gpu.bytesPerSecond * gpu.efficiency.kvBandwidthShare);
    this.#swapSeconds = bytes / HOST_LINK_BYTES_PER_SECOND;
  }

  /** Seconds of the plan's step. */
  stepSeconds(plan: StepPlan): number {
    loadPlan(this.load, plan, this.#windowed);
    let seconds = this.#time.stepSeconds(this.load);
    if (plan.copyCount > 0) seconds += plan.copyCount * this.#copySeconds;
    if (plan.swapOutCount + plan.swapInCount > 0) seconds += (plan.swapOutCount + plan.swapInCount) * this.#swapSeconds;
    this.busySeconds += seconds;
    return seconds;
  }

  /** The plan's tokens; valid until the second next call. Called once a plan, in order. */
  sample(plan: StepPlan): StepResult {
    return this.#tokens.sample(plan);
  }
}
