import { assert } from "../assert.ts";
import type { StepPlan } from "../step.ts";
import { ContextSlots } from "./context-slots.ts";
import { KeptTables } from "./kept-tables.ts";
import { slotInTable } from "./plan-tables.ts";
import { steeredSample, VOCABULARY } from "./steered-token.ts";

/**
 * The next token of a context of which the last `window` tokens are seen, for one of the choices: any change of any of
 * them, or of their order, changes it.
 */
export function nextToken(context: ArrayLike<number>, window: number | null = null, choice = 0): number {
  let state = 17 + choice;
  for (let i = window === null ? 0 : Math.max(0, context.length - window); i < context.length; i++) {
    state = Math.imul(state ^ context[i], 0x5bd1e995) + i + (state >>> 13);
  }
  return (state >>> 0) % VOCABULARY;
}

export interface ContextDeviceOptions {
  readonly blockCount: number;
  readonly blockSize: number;
  readonly hostBlockCount?: number;
  readonly groups?: readonly { readonly window: number | null }[];
  /** Plans carry no salt: the driver knows the salt of the request in a slot. Default: no salts. */
  readonly saltOf?: (requestSlot: number) => string;
  /** It knows of the block tables only what the changes of the plans that it ran say. Default true. */
  readonly keepsTables?: boolean;
}

/** Slots of device and host memory. */
export interface WrittenSlots {
  readonly device: readonly number[];
  readonly host: readonly number[];
}

/**
 * A device without arithmetic whose output is a function of everything that it reads through a plan's block tables.
 * A slot holds a token, its position, a hash of the whole beginning that it ends, and a hash of its domain (salt,
 * adapter and group). A sample is `nextToken` of the context and the choice, steered by the plan's edits and masks. A
 * wrong table, slot, copy or swap, a stale block and a block of another salt or adapter are caught at once, as an
 * assertion that says where, or as a wrong token.
 *
 * Runs plans in the order given, as a device does.
 */
export class ContextDevice {
  readonly #blockSize: number;
  /** One memory for all groups: a block belongs to one group at a time, and a mix-up shows. */
  readonly #device: ContextSlots;
  readonly #host: ContextSlots;
  readonly #windows: readonly (number | null)[];
  readonly #saltOf: (requestSlot: number) => string;
  /** Tables of its own; null where it reads the plans'. */
  readonly #kept: KeptTables | null;
  #lastSamples = new Int32Array(0);
  /** [S] what the contexts of the last plan's samples give, without edits and masks. A new array for each plan. */
  unsteered = new Int32Array(0);

  constructor(options: ContextDeviceOptions) {
    this.#blockSize = options.blockSize;
    this.#windows = (options.groups ?? [{ window: null }]).map((group) => group.window);
    this.#device = new ContextSlots((options.blockCount + 1) * options.blockSize);
    this.#host = new ContextSlots(((options.hostBlockCount ?? 0) + 1) * options.blockSize);
    this.#saltOf = options.saltOf ?? (() => "");
    this.#kept = options.keepsTables === false ? null : new KeptTables();
  }

  /** Runs a plan; returns its samples, valid until the second next run. */
  run(plan: StepPlan): Int32Array {
    this.#kept?.apply(plan);
    const slots = plan.requestSlots.subarray(0, plan.requestCount);
    assert(new Set(slots).size === slots.length, () => `two requests of a plan have the same slot: ${slots.join()}`);
    this.#move(plan.swapOuts, plan.swapOutCount, this.#device, this.#host);
    this.#move(plan.swapIns, plan.swapInCount, this.#host, this.#device);
    this.#move(plan.copies, plan.copyCount, this.#device, this.#device);
    // A row may read blocks that another row of the step writes: the row that begins earlier writes first.
    const rows = Array.from({ length: plan.requestCount }, (_, row) => row);
    rows.sort((a, b) => plan.positions[plan.queryIndptr[a]] - plan.positions[plan.queryIndptr[b]]);
    for (const row of rows) for (let group = 0; group < plan.groups.length; group++) this.#write(plan, row, group);
    const samples = new Int32Array(plan.sampleCount);
    this.unsteered = new Int32Array(plan.sampleCount);
    for (let row = 0; row < plan.requestCount; row++) this.#sample(plan, row, samples);
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
    for (const slot of device) this.#device.positions[slot] = -1;
    for (const slot of host) this.#host.positions[slot] = -1;
  }

  #targets(pairs: Int32Array, count: number): number[] {
    const size = this.#blockSize;
    return Array.from({ length: count * size }, (_, i) => pairs[2 * Math.floor(i / size) + 1] * size + (i % size));
  }

  #write(plan: StepPlan, row: number, group: number): void {
    const { tokens, positions, beginnings, domains } = this.#device;
    const { slotMapping } = plan.groups[group];
    const domain = this.#domainOf(plan, row, group);
    for (let token = plan.queryIndptr[row]; token < plan.queryIndptr[row + 1]; token++) {
      const position = plan.positions[token];
      const slot = slotMapping[token];
      const before =
        position === 0 || this.#windows[group] === 1
          ? -1
          : slotInTable(plan, { row, group, position: position - 1 }, this.#blockSize, this.#kept?.tables[group]);
      tokens[slot] = this.#inputOf(plan, token);
      positions[slot] = position;
      beginnings[slot] = beginning(before < 0 ? domain : beginnings[before], tokens[slot], position);
      domains[slot] = domain;
    }
  }

  #inputOf(plan: StepPlan, token: number): number {
    const id = plan.tokenIds[token];
    assert(
      id >= 0 || ~id < this.#lastSamples.length,
      () => `token ${token} asks for sample ${~id} of ${this.#lastSamples.length}`,
    );
    return id >= 0 ? id : this.#lastSamples[~id];
  }

  #domainOf(plan: StepPlan, row: number, group: number): number {
    const salt = this.#saltOf(plan.requestSlots[row]);
    let hash = Math.imul(plan.adapterIds[row] + 1, 0x9e3779b1) ^ Math.imul(group + 1, 0x85ebca6b);
    for (let i = 0; i < salt.length; i++) hash = Math.imul(hash ^ (salt.charCodeAt(i) + 1), 0x01000193);
    return hash;
  }

  #sample(plan: StepPlan, row: number, samples: Int32Array): void {
    for (let sample = plan.sampleIndptr[row]; sample < plan.sampleIndptr[row + 1]; sample++) {
      const length = plan.positions[plan.sampleRows[sample]] + 1;
      const contexts = plan.groups.map((_, group) => this.#read(plan, row, group, length));
      for (const [group, context] of contexts.entries()) this.#compare(contexts[0], context, group);
      this.unsteered[sample] = nextToken(contexts[0], this.#windows[0], plan.sampling.choice[sample]);
      samples[sample] = steeredSample(this.unsteered[sample], plan, sample);
    }
  }

  /** The tokens that the request sees; of a window, what came before is not looked at. */
  #read(plan: StepPlan, row: number, group: number, length: number): Int32Array {
    const { tokens, positions, beginnings, domains } = this.#device;
    const context = new Int32Array(length);
    const window = this.#windows[group];
    const first = window === null ? 0 : Math.max(0, length - window);
    const domain = this.#domainOf(plan, row, group);
    for (let position = first, before = domain; position < length; position++) {
      const slot = slotInTable(plan, { row, group, position }, this.#blockSize, this.#kept?.tables[group]);
      assert(slot >= 0, () => `request ${row}: position ${position} is outside its table`);
      assert(
        positions[slot] === position,
        () => `request ${row}: slot ${slot} holds position ${positions[slot]}, not ${position}`,
      );
      assert(
        domains[slot] === domain,
        () => `request ${row}: slot ${slot} holds position ${position} of another salt, adapter or group`,
      );
      // A window's first token ends a beginning that is not seen.
      const isKnown = position === 0 || position > first || window === 1;
      const expected = isKnown ? beginning(window === 1 ? domain : before, tokens[slot], position) : beginnings[slot];
      assert(
        beginnings[slot] === expected,
        () => `request ${row}: slot ${slot} holds position ${position} of another beginning`,
      );
      before = expected;
      context[position] = tokens[slot];
    }
    return context;
  }

  /** Where two groups both see a position, they must hold the same token. */
  #compare(first: Int32Array, context: Int32Array, group: number): void {
    const seen = Math.min(this.#windows[0] ?? context.length, this.#windows[group] ?? context.length, context.length);
    for (let position = context.length - seen; position < context.length; position++) {
      assert(
        first[position] === context[position],
        () => `group ${group} holds token ${context[position]} at position ${position}, group 0 ${first[position]}`,
      );
    }
  }

  /** Pairs of one list move one after the other. */
  #move(pairs: Int32Array, count: number, from: ContextSlots, to: ContextSlots): void {
    const size = this.#blockSize;
    for (let i = 0; i < count; i++) to.copy(from, pairs[2 * i] * size, pairs[2 * i + 1] * size, size);
  }
}

/** The hash of a beginning that goes on with a token. */
function beginning(before: number, token: number, position: number): number {
  const mixed = Math.imul(before ^ Math.imul(token + 1, 0xcc9e2d51), 0x1b873593) + position;
  return (mixed ^ (mixed >>> 15)) | 0;
}
