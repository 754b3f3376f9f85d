import type { StepPlan, StepResult } from "../../step.ts";
import type { BackendInfo } from "../backend.ts";
import { PackedColumns } from "./columns.ts";
import type { HostTier } from "./host-tier.ts";
import type { KvStorage } from "./kv-storage.ts";
import { attentionSegments } from "./kernels/attention.ts";
import type { Program, StepSize } from "./program.ts";
import type { Readback } from "./readback.ts";
import type { Turns } from "./turns.ts";
import { type Wants, wantsOf } from "./sampler.ts";

/** What a runner is made of. */
export interface RunnerParts {
  readonly device: GPUDevice;
  readonly info: BackendInfo;
  /** Positions that have angles. */
  readonly positions: number;
  readonly program: Program;
  readonly kv: KvStorage;
  readonly host: HostTier;
  readonly turns: Turns;
  readonly columns: GPUBuffer;
  readonly results: GPUBuffer;
  readonly logits: GPUBuffer;
  /** One for each step that may be in flight. */
  readonly readbacks: readonly Readback[];
}

/** What is kept of a plan, which the caller owns. */
interface Step {
  readonly columns: PackedColumns;
  readonly readback: Readback;
  readonly size: StepSize;
  readonly wants: Wants;
  readonly swapOuts: Int32Array;
  readonly swapIns: Int32Array;
  readonly copies: Int32Array;
}

const NONE = new Int32Array(0);

/**
 * Hands steps to the device in order. A step is submitted before `run` returns, unless it swaps in a block whose
 * swap-out has not arrived on the host: then it, and all behind it, wait for that.
 */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #columns: readonly PackedColumns[];
  #turn = 0;
  #samplesBefore = 0;
  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#columns = parts.readbacks.map(() => new PackedColumns(parts.info, parts.positions));
  }

  /** Reads the plan before it returns its promise, which resolves when the result is there. */
  async run(plan: StepPlan): Promise<StepResult> {
    const step = this.#take(plan);
    return this.#parts.turns.take(
      () => this.#submit(step),
      () => this.#parts.host.pending(step.swapIns),
    );
  }

  /** No sample of a failed step, nor of one behind it, can be fed back. */
  forgetSamples(): void {
    this.#samplesBefore = 0;
  }

  #take(plan: StepPlan): Step {
    const turn = this.#turn++ % this.#columns.length;
    const columns = this.#columns[turn];
    const samplesBefore = this.#samplesBefore;
    this.#samplesBefore = 0; // unless this plan is sound
    columns.pack(plan, samplesBefore);
    this.#samplesBefore = plan.sampleCount;
    return {
      columns,
      readback: this.#parts.readbacks[turn],
      size: sizeOf(plan),
      wants: wantsOf(plan),
      swapOuts: pairs(plan.swapOuts, plan.swapOutCount),
      swapIns: pairs(plan.swapIns, plan.swapInCount),
      copies: pairs(plan.copies, plan.copyCount),
    };
  }

  async #submit({ columns, readback, size, wants, swapOuts, swapIns, copies }: Step): Promise<StepResult> {
    const { device, host, kv, program, results, logits } = this.#parts;
    const arrival = swapOuts.length > 0 ? host.swapOut(swapOuts) : null;
    host.swapIn(swapIns);
    device.queue.writeBuffer(this.#parts.columns, 0, columns.words, 0, columns.wordCount);
    // In the order of steps: the step before has read its tables, this one reads them behind these writes.
    for (const { target, from, count } of columns.tableWrites) {
      device.queue.writeBuffer(this.#parts.columns, 4 * target, columns.tableWords, from, count);
    }
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < copies.length; i += 2) kv.copyBlock(encoder, copies[i], copies[i + 1]);
    program.encode(encoder, size, wants);
    readback.encode(encoder, results, logits, size.sampleCount, wants.logprobs);
    device.queue.submit([encoder.finish()]);
    await Promise.all([readback.read(), arrival]);
    return readback.result;
  }
}

function sizeOf({ tokenCount, sampleCount, requestCount, contextLengths }: StepPlan): StepSize {
  let longest = 0;
  for (let request = 0; request < requestCount; request++) longest = Math.max(longest, contextLengths[request]);
  return { tokenCount, sampleCount, segments: attentionSegments(longest) };
}

/** A copy of the first `count` pairs: moves are rare enough to be copied anew. */
function pairs(column: Int32Array, count: number): Int32Array {
  return count === 0 ? NONE : column.slice(0, 2 * count);
}
