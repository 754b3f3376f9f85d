import { integerOption } from "../../option-checks.ts";
import { assert } from "../../assert.ts";
import { MAX_BLOCK_SIZE, MAX_PLANS_IN_FLIGHT, MAX_SLOTS } from "../../config.ts";
import { DisposedError, InvalidOptionError } from "../../errors.ts";
import { layerGroups } from "../../decoder.ts";
import { KV_TYPES, type KvType } from "../../kv-type.ts";
import type { Adapter, Model } from "../../model.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { Forward } from "./forward.ts";
import { KvStore } from "./kv-store.ts";
import { nextTurn } from "../next-turn.ts";
import type { StepOutput } from "./step-output.ts";
import { StepRunner } from "./step-runner.ts";

export interface ReferenceBackendOptions {
  readonly model: Model;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** Blocks of the host tier. Default 0. */
  readonly hostBlockCount?: number;
  /** How keys and values are stored. Default as float64, as they are computed. */
  readonly kv?: KvType;
  /** Round the inputs of matrices in block formats to int8, as integer kernels do (`roundToInt8`). Default false. */
  readonly int8Activations?: boolean;
  /** Adapters of `adapterId` 1, 2 and so on. Default none. */
  readonly adapters?: readonly Adapter[];
  /** Return the logits of every sample: `2 * maxTokens * vocabSize` floats. Default false. */
  readonly keepLogits?: boolean;
}

/**
 * The oracle: every kernel as plain loops in float64, on this thread. A step is computed before `execute` returns and
 * delivered in a later turn of the event loop. Throws `InvalidOptionError` for a size that cannot be, and
 * `OutOfMemoryError` where the blocks cannot be allocated.
 */
export function createReferenceBackend(options: ReferenceBackendOptions): Backend {
  checkOptions(options);
  const {
    model,
    blockSize,
    blockCount,
    maxTokens,
    maxRequests,
    hostBlockCount = 0,
    keepLogits = false,
    kv = "f64",
  } = options;
  const { int8Activations = false, adapters = [] } = options;
  const { kvHeadCount, headDim, contextLength, vocabSize } = model.config;
  const groups = layerGroups(model.config);
  const layerCount = Math.max(...groups.map((group) => group.layers.length));
  const shape = { blockSize, layerCount, kvHeadCount, headDim, type: kv } as const;
  const device = new KvStore(shape, blockCount);
  const host = new KvStore(shape, hostBlockCount);
  const forward = new Forward(model, groups, device, maxTokens, { roundsInputs: int8Activations, adapters });
  const limits = { blockCount, hostBlockCount, blockSize, maxTokens, maxRequests };
  const shown = groups.map(({ window }) => ({ window }));
  const info = {
    name: "reference",
    ...limits,
    contextLength,
    vocabSize,
    bytesPerBlock: device.bytesPerBlock,
    groups: shown,
  };
  return new ReferenceBackend(
    info,
    new StepRunner({ forward, device, host, info, keepLogits, adapterCount: adapters.length }),
  );
}

function checkOptions(options: ReferenceBackendOptions): void {
  const { blockSize, blockCount, maxTokens, maxRequests, hostBlockCount = 0, kv } = options;
  if (kv !== undefined && !KV_TYPES.includes(kv)) {
    throw new InvalidOptionError(`kv must be ${KV_TYPES.join(", ")}, got ${kv}`);
  }
  integerOption("blockSize", blockSize, { least: 1, most: MAX_BLOCK_SIZE });
  integerOption("blockCount", blockCount, { least: 1, most: Math.floor(MAX_SLOTS / blockSize) - 1 });
  integerOption("hostBlockCount", hostBlockCount, { least: 0, most: Math.floor(MAX_SLOTS / blockSize) - 1 });
  integerOption("maxTokens", maxTokens, { least: 1, most: MAX_SLOTS });
  integerOption("maxRequests", maxRequests, { least: 1, most: MAX_SLOTS });
}

/** What becomes of an accepted step. Steps accepted behind a failed one share its failure. */
type Outcome = { readonly output: StepOutput } | { readonly error: unknown };

class ReferenceBackend implements Backend {
  readonly info: BackendInfo;
  readonly lost: Promise<string> = new Promise(() => {}); // memory of this process is never lost
  /** `null` once disposed, so that its memory can go. */
  #runner: StepRunner | null;
  #inFlight = 0;
  /** Set from a failed step until its promise is rejected. */
  #failure: Outcome | null = null;

  constructor(info: BackendInfo, runner: StepRunner) {
    this.info = info;
    this.#runner = runner;
  }

  async execute(plan: StepPlan): Promise<StepResult> {
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, () => `${MAX_PLANS_IN_FLIGHT} steps are in flight already`);
    const runner = this.#alive();
    const outcome = this.#failure ?? this.#attempt(runner, plan);
    this.#inFlight++;
    await nextTurn();
    this.#inFlight--;
    if ("output" in outcome) return outcome.output;
    if (this.#failure === outcome) this.#failure = null;
    throw outcome.error;
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    return this.#alive().device.read(blocks);
  }

  async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    this.#alive().device.write(blocks, data);
  }

  async dispose(): Promise<void> {
    this.#runner = null;
  }

  #attempt(runner: StepRunner, plan: StepPlan): Outcome {
    try {
      return { output: runner.run(plan) };
    } catch (error) {
      this.#failure = { error };
      return this.#failure;
    }
  }

  #alive(): StepRunner {
    if (this.#runner === null) throw new DisposedError("the reference backend was used after dispose()");
    return this.#runner;
  }
}
