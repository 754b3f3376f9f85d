import { assert } from "../assert.ts";
import type { StepPlan } from "../step.ts";

/** Tokens of the made-up vocabulary. */
const VOCABULARY = 50_021;

/** The next token of a context of which the last `window` tokens are seen, for one of the choices: any change of any of them, or of their order, changes it. */
export function nextToken(context: ArrayLike<number>, window: number | null = null, choice = 0): number {
  let state = 17 + choice;
  for (let i = window === null ? 0 : Math.max(0, context.length - window); i < context.length; i++) state = Math.imul(state ^ context[i], 0x5bd1e995) + i + (state >>> 13);
  return (state >>> 0) % VOCABULARY;
}

/** Slots of device and host memory. */
export interface WrittenSlots {
  readonly device: readonly number[];
  readonly host: readonly number[];
}

/**
 * A device without arithmetic whose output is a function of everything that it reads through a plan's block tables:
 * a slot holds the token and the position that were written to it, and a sample is `nextToken` of the whole context and the choice. A wrong
 * table, slot, copy, swap or stale block is caught at once, as an assertion that says where, or as a wrong token.
 *
 * Runs plans in the order given, as a device does.
 */
export class ContextDevice {
  readonly #blockSize: number;
  /** [groups][(blocks + 1) x blockSize] token written to each slot, and its position. */
  readonly #tokens: Int32Array[];
  readonly #positions: Int32Array[];
  readonly #hostTokens: Int32Array;
  readonly #hostPositions: Int32Array;
  readonly #windows: readonly (number | null)[];
  #lastSamples = new Int32Array(0);

  constructor(options: { blockCount: number; blockSize: number; hostBlockCount?: number; groups?: readonly { readonly window: number | null }[] }) {
    const slots = (options.blockCount + 1) * options.blockSize;
    const hostSlots = ((options.hostBlockCount ?? 0) + 1) * options.blockSize;
    this.#blockSize = options.blockSize;
    this.#windows = (options.groups ?? [{ window: null }]).map((group) => group.window);
    // One storage for all groups: a block belongs to one group at a time, and a mix-up shows.
    this.#tokens = [new Int32Array(slots).fill(-1)];
    this.#positions = [new Int32Array(slots).fill(-1)];
    this.#hostTokens = new Int32Array(hostSlots).fill(-1);
    this.#hostPositions = new Int32Array(hostSlots).fill(-1);
  }

  /** Runs a plan; returns its samples, valid until the second next run. */
  run(plan: StepPlan): Int32Array {
    this.#move(plan.swapOuts, plan.swapOutCount, this.#tokens[0], this.#hostTokens, this.#positions[0], this.#hostPositions);
    this.#move(plan.swapIns, plan.swapInCount, this.#hostTokens, this.#tokens[0], this.#hostPositions, this.#positions[0]);
    this.#move(plan.copies, plan.copyCount, this.#tokens[0], this.#tokens[0], this.#positions[0], this.#positions[0]);
    for (const group of plan.groups) this.#write(plan, group.slotMapping);
    const samples = new Int32Array(plan.sampleCount);
    for (let request = 0; request < plan.requestCount; request++) this.#sample(plan, request, samples);
    this.#lastSamples = samples;
    return samples;
  }

  /** Every slot that the plan writes: to be asked before the plan's columns change. */
  writtenBy(plan: StepPlan): WrittenSlots {
    const device = plan.groups.flatMap(({ slotMapping }) => [...slotMapping.subarray(0, plan.tokenCount)]);
    device.push(...this.#targets(plan.copies, plan.copyCount), ...this.#targets(plan.swapIns, plan.swapInCount));
    return { device, host: this.#targets(plan.swapOuts, plan.swapOutCount) };
  }

  /** Makes slots unreadable: a step that was to write them failed. */
  spoil({ device, host }: WrittenSlots): void {
    for (const slot of device) this.#positions[0][slot] = -1;
    for (const slot of host) this.#hostPositions[slot] = -1;
  }

  #targets(pairs: Int32Array, count: number): number[] {
    const size = this.#blockSize;
    return Array.from({ length: count * size }, (_, i) => pairs[2 * Math.floor(i / size) + 1] * size + (i % size));
  }

  #write(plan: StepPlan, slots: Int32Array): void {
    for (let token = 0; token < plan.tokenCount; token++) {
      const id = plan.tokenIds[token];
      assert(id >= 0 || ~id < this.#lastSamples.length, () => `token ${token} asks for sample ${~id} of ${this.#lastSamples.length}`);
      this.#tokens[0][slots[token]] = id >= 0 ? id : this.#lastSamples[~id];
      this.#positions[0][slots[token]] = plan.positions[token];
    }
  }

  #sample(plan: StepPlan, request: number, samples: Int32Array): void {
    for (let sample = plan.sampleIndptr[request]; sample < plan.sampleIndptr[request + 1]; sample++) {
      const length = plan.positions[plan.sampleRows[sample]] + 1;
      const contexts = plan.groups.map((_, group) => this.#read(plan, request, group, length));
      for (const [group, context] of contexts.entries()) this.#compare(contexts[0], context, group);
      samples[sample] = nextToken(contexts[0], this.#windows[0], plan.sampling.choice[sample]);
    }
  }

  /** The tokens that the request sees; of a window, what came before is not looked at. */
  #read(plan: StepPlan, request: number, group: number, length: number): Int32Array {
    const { blockIndptr, blockIndices, firstPosition } = plan.groups[group];
    const context = new Int32Array(length);
    const window = this.#windows[group];
    const first = window === null ? 0 : Math.max(0, length - window);
    for (let position = first; position < length; position++) {
      const index = Math.floor((position - firstPosition[request]) / this.#blockSize);
      assert(index >= 0 && blockIndptr[request] + index < blockIndptr[request + 1], () => `request ${request}: position ${position} is outside its table`);
      const slot = blockIndices[blockIndptr[request] + index] * this.#blockSize + (position % this.#blockSize);
      assert(this.#positions[0][slot] === position, () => `request ${request}: slot ${slot} holds position ${this.#positions[0][slot]}, not ${position}`);
      context[position] = this.#tokens[0][slot];
    }
    return context;
  }

  /** Where two groups both see a position, they must hold the same token. */
  #compare(first: Int32Array, context: Int32Array, group: number): void {
    const seen = Math.min(this.#windows[0] ?? context.length, this.#windows[group] ?? context.length, context.length);
    for (let position = context.length - seen; position < context.length; position++) {
      assert(first[position] === context[position], () => `group ${group} holds token ${context[position]} at position ${position}, group 0 ${first[position]}`);
    }
  }

  #move(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array, fromPositions: Int32Array, toPositions: Int32Array): void {
    const size = this.#blockSize;
    for (let i = 0; i < count; i++) {
      const source = pairs[2 * i] * size;
      const target = pairs[2 * i + 1] * size;
      to.set(from.subarray(source, source + size), target);
      toPositions.set(fromPositions.subarray(source, source + size), target);
    }
  }
}
