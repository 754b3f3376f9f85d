import type { Backend, BackendInfo } from "../../src/backends/backend.ts";
import { MAX_TOP_LOGPROBS } from "../../src/config.ts";
import { DisposedError, InvalidRequestError } from "../../src/errors.ts";
import {
  createLogprobColumns,
  editLogits,
  isEdited,
  type LogprobColumns,
  LogprobWriter,
  Sampler,
} from "../../src/sampling/index.ts";
import { SAMPLE_NOT_FINITE, type StepPlan, type StepResult } from "../../src/step.ts";
import type { BackendSizes } from "../../src/testing/index.ts";

/** What the bytes of a poisoned block, and slots that nothing was written to, hold. */
const NOTHING = -1;
const SPREAD = 8;

export interface ToyOptions extends BackendSizes {
  readonly groups?: BackendInfo["groups"];
  readonly contextLength?: number;
  readonly vocabSize?: number;
}

/** One row of a step: request `request` of the plan, up to a position. */
export interface ToyRow {
  readonly request: number;
  readonly position: number;
}

/**
 * A backend of a model that only counts: a slot keeps the token that was written to it, and logits are a hash of what a
 * position sees through the tables. It keeps tables of its own, as a device does. It is there to be right, and to be
 * broken by the mutants beside it, which override one method each.
 */
export class ToyBackend implements Backend {
  readonly info: BackendInfo;
  readonly lost: Promise<string> = new Promise(() => {});
  /** [slots] */
  readonly device: Int32Array;
  readonly host: Int32Array;
  /** [groups][maxRequests x stride] */
  tables: Int32Array[];
  strides: number[];
  /** Ids of the step before. */
  samples = new Int32Array();
  #failure: Error | null = null;
  #disposed = false;

  constructor({ groups = [{ window: null }], contextLength = 128, vocabSize = 31, ...sizes }: ToyOptions) {
    const { blockCount, hostBlockCount, blockSize, maxTokens, maxRequests } = sizes;
    const limits = { blockCount, hostBlockCount, blockSize, maxTokens, maxRequests };
    this.info = { name: "toy", ...limits, contextLength, vocabSize, bytesPerBlock: 4 * blockSize, groups };
    this.device = new Int32Array((blockCount + 1) * blockSize).fill(NOTHING);
    this.host = new Int32Array((hostBlockCount + 1) * blockSize).fill(NOTHING);
    this.tables = groups.map(() => new Int32Array());
    this.strides = groups.map(() => 0);
  }

  async execute(plan: StepPlan): Promise<StepResult> {
    this.#assertAlive();
    let result: StepResult | null = null;
    try {
      if (this.#failure === null) result = this.run(plan);
    } catch (error) {
      this.#failure = error as Error;
    }
    const reason = this.#failure;
    await Promise.resolve();
    if (result !== null) return result;
    if (this.#failure === reason) this.#failure = null;
    throw reason;
  }

  run(plan: StepPlan): StepResult {
    this.checkAdapters(plan);
    for (let group = 0; group < plan.groups.length; group++) this.applyChanges(plan, group);
    this.move(plan);
    this.write(plan);
    const logits = this.logitsOf(plan);
    return this.sampled(plan, logits);
  }

  checkAdapters({ adapterIds, requestCount }: StepPlan): void {
    const id = adapterIds.subarray(0, requestCount).find((each) => each !== 0);
    if (id !== undefined) throw new InvalidRequestError(`adapterId must be 0, got ${id}`);
  }

  applyChanges(plan: StepPlan, group: number): void {
    const { stride, changeCount, changes } = plan.groups[group];
    if (stride !== this.strides[group]) {
      this.tables[group] = new Int32Array(this.info.maxRequests * stride);
      this.strides[group] = stride;
    }
    for (let i = 0; i < changeCount; i++) {
      const [slot, first, end] = changes.subarray(3 * i, 3 * i + 3);
      this.applyChange(plan, group, slot, first, end);
    }
  }

  applyChange({ groups }: StepPlan, group: number, slot: number, first: number, end: number): void {
    const { stride, tables } = groups[group];
    for (let index = first; index < end; index++) {
      const entry = slot * stride + (index % stride);
      this.tables[group][entry] = tables[entry];
    }
  }

  move(plan: StepPlan): void {
    this.copyBlocks(plan.swapOuts, plan.swapOutCount, this.device, this.host);
    this.copyBlocks(plan.swapIns, plan.swapInCount, this.host, this.device);
    this.copyBlocks(plan.copies, plan.copyCount, this.device, this.device);
  }

  copyBlocks(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array): void {
    const { blockSize } = this.info;
    for (let i = 0; i < count; i++) {
      const [source, target] = [pairs[2 * i], pairs[2 * i + 1]];
      to.set(from.subarray(source * blockSize, (source + 1) * blockSize), target * blockSize);
    }
  }

  /** The tokens of all groups, before any is read. */
  write(plan: StepPlan): void {
    for (const [group, { slotMapping }] of plan.groups.entries()) {
      for (let token = 0; token < plan.tokenCount; token++) {
        this.device[slotMapping[token]] = this.stored(this.input(plan, token), plan.positions[token], group);
      }
    }
    this.samples = new Int32Array(plan.sampleCount);
  }

  input({ tokenIds }: StepPlan, token: number): number {
    return tokenIds[token] < 0 ? this.samples[~tokenIds[token]] : tokenIds[token];
  }

  /** What a slot keeps: a token at its position in a group. */
  stored(tokenId: number, position: number, group: number): number {
    return (tokenId * 256 + position) * 4 + group;
  }

  /** [samples x vocabSize] */
  logitsOf(plan: StepPlan): Float32Array {
    const { vocabSize } = this.info;
    const logits = new Float32Array(plan.sampleCount * vocabSize);
    for (let request = 0; request < plan.requestCount; request++) {
      for (let sample = plan.sampleIndptr[request]; sample < plan.sampleIndptr[request + 1]; sample++) {
        const state = this.stateOf(plan, { request, position: this.positionOf(plan, sample) });
        for (let id = 0; id < vocabSize; id++) {
          logits[sample * vocabSize + id] = state === null ? Number.NaN : logitOf(state, id);
        }
      }
    }
    return logits;
  }

  /** Of the row that a sample is taken after. */
  positionOf({ positions, sampleRows }: StepPlan, sample: number): number {
    return positions[sampleRows[sample]];
  }

  /** A hash of what a row sees in all groups; null where a slot holds nothing. */
  stateOf(plan: StepPlan, row: ToyRow): number | null {
    let state = 1;
    for (let group = 0; group < plan.groups.length; group++) {
      for (let position = this.firstSeen(row, group); position <= this.lastSeen(plan, row); position++) {
        const { blockSize } = this.info;
        const value = this.device[this.blockOf(plan, row, group, position) * blockSize + (position % blockSize)];
        if (value === undefined || value === NOTHING) return null;
        state = Math.imul(state ^ value, 0x5bd1e995) + (state >>> 13) + position;
      }
    }
    return state;
  }

  firstSeen({ position }: ToyRow, group: number): number {
    const { window } = this.info.groups[group];
    return window === null ? 0 : Math.max(0, position + 1 - window);
  }

  lastSeen(_: StepPlan, { position }: ToyRow): number {
    return position;
  }

  blockOf(plan: StepPlan, { request }: ToyRow, group: number, position: number): number {
    const stride = this.strides[group];
    const index = Math.floor(position / this.info.blockSize);
    return this.tables[group][this.slotOf(plan, request) * stride + (index % stride)];
  }

  slotOf({ requestSlots }: StepPlan, request: number): number {
    return requestSlots[request];
  }

  sampled(plan: StepPlan, logits: Float32Array): StepResult {
    const { vocabSize } = this.info;
    const sampler = new Sampler(vocabSize);
    const writer = new LogprobWriter(vocabSize);
    const columns = createLogprobColumns(plan.sampleCount);
    const sampleFlags = new Uint8Array(plan.sampleCount);
    for (let sample = 0; sample < plan.sampleCount; sample++) {
      const own = logits.subarray(sample * vocabSize, (sample + 1) * vocabSize);
      sampleFlags[sample] = this.flagsOf(own);
      const edited = isEdited(plan, sample) ? own.slice() : own;
      if (edited !== own) editLogits(edited, plan, sample);
      this.samples[sample] = this.choose(sampler, edited, plan, sample);
      this.writeLogprobs(writer, columns, own, plan, sample);
    }
    return { tokenIds: this.samples, logits, sampleFlags, ...columns };
  }

  flagsOf(logits: Float32Array): number {
    return logits.every(Number.isFinite) ? 0 : SAMPLE_NOT_FINITE;
  }

  choose(sampler: Sampler, logits: Float32Array, plan: StepPlan, sample: number): number {
    return sampler.sample(logits, plan.sampling, sample, this.positionOf(plan, sample) + 1);
  }

  writeLogprobs(
    writer: LogprobWriter,
    columns: LogprobColumns,
    logits: Float32Array,
    { sampling }: StepPlan,
    sample: number,
  ): void {
    const wanted = Math.min(sampling.logprobs[sample], MAX_TOP_LOGPROBS);
    if (wanted >= 0) writer.write(columns, sample, logits, this.samples[sample], wanted);
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    this.#assertAlive();
    return Uint8Array.from(Array.from(blocks).flatMap((block) => [...this.bytesOf(block)]));
  }

  async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    this.#assertAlive();
    const size = this.info.bytesPerBlock;
    for (let i = 0; i < blocks.length; i++) this.bytesOf(blocks[i]).set(data.subarray(i * size, (i + 1) * size));
  }

  bytesOf(block: number): Uint8Array {
    const size = this.info.bytesPerBlock;
    return new Uint8Array(this.device.buffer, block * size, size);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #assertAlive(): void {
    if (this.#disposed) throw new DisposedError("the toy backend was used after dispose()");
  }
}

/** A number below `SPREAD`, a hash of both. */
function logitOf(state: number, id: number): number {
  let hash = Math.imul(state ^ (id + 1), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (SPREAD * ((hash ^ (hash >>> 13)) >>> 0)) / 2 ** 32;
}
