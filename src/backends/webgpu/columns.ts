import { assert } from "../../assert.ts";
import { DEFAULT_MAX_EDITS } from "../../config.ts";
import { InvalidRequestError } from "../../errors.ts";
import type { PlanGroup, StepPlan } from "../../step.ts";
import { blockAt } from "../../step-tables.ts";
import { maskWordCount } from "../../token-mask.ts";
import type { BackendInfo } from "../backend.ts";
import { checkCounts, checkSteering } from "../plan-check.ts";

/** Words of the header, as in kernels/columns.wgsl: two counts, then where each column starts. */
export const HEADER = {
  tokenCount: 0,
  sampleCount: 1,
  tokenIds: 2,
  positions: 3,
  requestSlots: 4,
  sampleRows: 5,
  temperature: 6,
  topK: 7,
  topP: 8,
  minP: 9,
  seedLow: 10,
  seedHigh: 11,
  choice: 12,
  logprobs: 13,
  editStarts: 14,
  editIds: 15,
  editBias: 16,
  editScale: 17,
  editPenalty: 18,
  maskPlaces: 19,
  maskWords: 20,
  groups: 21,
} as const;

/** Words of the header for each block group; the first group's start at `HEADER.groups`. */
export const GROUP_HEADER = { slots: 0, tables: 1, tableStride: 2 } as const;
const GROUP_WORDS = Object.keys(GROUP_HEADER).length;
const TOKEN_COLUMNS = 3;
const SAMPLE_COLUMNS = 9;
/** By sample, where a step has edits or masks. */
const EDITED_COLUMNS = 2;
const EDIT_COLUMNS = 4;

/** Header word where the words of block group `group` start. */
export function groupWord(group: number): number {
  return HEADER.groups + GROUP_WORDS * group;
}

/**
 * Entries of one request's table on the device: all blocks of the longest context, whatever a plan's own tables have.
 */
function tableStride({ contextLength, blockSize }: BackendInfo): number {
  return Math.ceil(contextLength / blockSize);
}

/** Words of a step's columns at most. */
function stepCapacity({ maxTokens, groups, vocabSize, maxEdits = DEFAULT_MAX_EDITS }: BackendInfo): number {
  const columns = TOKEN_COLUMNS + SAMPLE_COLUMNS + EDITED_COLUMNS + groups.length;
  const masks = maxTokens * maskWordCount(vocabSize);
  return groupWord(groups.length) + columns * maxTokens + 1 + EDIT_COLUMNS * maxEdits + masks;
}

/**
 * Words of the device's buffer: a step's columns, and behind them each group's tables, which stay from step to step.
 */
export function columnCapacity(info: BackendInfo): number {
  return stepCapacity(info) + info.groups.length * info.maxRequests * tableStride(info);
}

/**
 * Entries of a table that a step writes: `count` words of `tableWords` from `from` on go to word `target` of the
 * device's buffer.
 */
export interface TableWrite {
  readonly target: number;
  readonly from: number;
  readonly count: number;
}

/**
 * A plan's columns in one array of words, ready to upload: a header, then only as much of each column as the step has.
 * The block tables stay on the device, at [slot, block of position]: a step writes what changed.
 *
 * What the kernels rely on is checked on the way: a plan that would make one read or write out of range asserts here.
 */
export class PackedColumns {
  readonly words: Int32Array<ArrayBuffer>;
  /** Words of `words` that the last plan fills. */
  wordCount = 0;
  /** Entries that the last plan writes to the tables on the device. */
  readonly tableWrites: TableWrite[] = [];
  tableWords: Int32Array<ArrayBuffer>;
  #tableWordCount = 0;
  readonly #reals: Float32Array;
  readonly #info: BackendInfo;
  readonly #positions: number;

  /** `positions`: how many positions have angles, where that is less than the context. */
  constructor(info: BackendInfo, positions: number = info.contextLength) {
    this.words = new Int32Array(stepCapacity(info));
    this.tableWords = new Int32Array(info.maxRequests);
    this.#reals = new Float32Array(this.words.buffer);
    this.#info = info;
    this.#positions = positions;
  }

  /**
   * `samplesBefore`: samples of the preceding plan, which negative ids refer to. Throws `InvalidRequestError` for an
   * adapter.
   */
  pack(plan: StepPlan, samplesBefore: number): void {
    checkCounts(plan, this.#info);
    const { tokenCount, sampleCount, groups } = plan;
    this.words[HEADER.tokenCount] = tokenCount;
    this.words[HEADER.sampleCount] = sampleCount;
    this.wordCount = groupWord(groups.length);
    this.#packTokens(plan, samplesBefore);
    this.#packSamples(plan);
    if (plan.editCount + plan.maskCount > 0) this.#packEdits(plan);
    this.tableWrites.length = 0;
    this.#tableWordCount = 0;
    for (let group = 0; group < groups.length; group++) this.#packGroup(plan, group);
  }

  #packGroup({ tokenCount, groups }: StepPlan, group: number): void {
    const word = groupWord(group);
    this.#column(word + GROUP_HEADER.slots, groups[group].slotMapping, tokenCount);
    const stride = tableStride(this.#info);
    const start = this.words.length + group * this.#info.maxRequests * stride;
    this.words[word + GROUP_HEADER.tables] = start;
    this.words[word + GROUP_HEADER.tableStride] = stride;
    this.#packChanges(groups[group], start);
  }

  /**
   * The plan's tables change between plans: what this step writes is copied. `start`: word where the group's tables are
   * on the device.
   */
  #packChanges({ changes, changeCount, tables, stride }: PlanGroup, start: number): void {
    const { maxRequests, blockCount } = this.#info;
    const own = tableStride(this.#info);
    for (let i = 0; i < changeCount; i++) {
      const slot = changes[3 * i];
      const first = changes[3 * i + 1];
      const count = changes[3 * i + 2] - first;
      assert(
        slot >= 0 && slot < maxRequests && first >= 0 && first + count <= own,
        () =>
          `change ${i} is of blocks ${first} to ${first + count} of slot ${slot}, ` +
          `tables have ${own} blocks of ${maxRequests} slots`,
      );
      const from = this.#tableWordCount;
      this.#tableWordCount += count;
      if (this.#tableWordCount > this.tableWords.length) this.#growTableWords(this.#tableWordCount);
      for (let k = 0; k < count; k++) {
        const block = tables[slot * stride + ((first + k) % stride)];
        assert(block >= 1 && block <= blockCount, () => `block ${block} is outside 1..${blockCount}`);
        this.tableWords[from + k] = block;
      }
      this.tableWrites.push({ target: start + slot * own + first, from, count });
    }
  }

  #growTableWords(count: number): void {
    const longer = new Int32Array(Math.max(2 * this.tableWords.length, count));
    longer.set(this.tableWords);
    this.tableWords = longer;
  }

  #packTokens(plan: StepPlan, samplesBefore: number): void {
    const { tokenCount, requestCount, tokenIds, queryIndptr } = plan;
    for (let token = 0; token < tokenCount; token++) this.#checkToken(token, tokenIds[token], samplesBefore);
    this.#column(HEADER.tokenIds, tokenIds, tokenCount);
    this.#column(HEADER.positions, plan.positions, tokenCount);
    const slots = this.#start(HEADER.requestSlots, tokenCount);
    assert(
      queryIndptr[requestCount] === tokenCount,
      () => `${queryIndptr[requestCount]} tokens of requests in a step of ${tokenCount}`,
    );
    for (let request = 0; request < requestCount; request++) {
      this.#checkRequest(plan, request);
      for (let token = queryIndptr[request]; token < queryIndptr[request + 1]; token++) {
        this.words[slots + token] = plan.requestSlots[request];
      }
    }
  }

  #checkToken(token: number, id: number, samplesBefore: number): void {
    const { vocabSize } = this.#info;
    assert(id < vocabSize, () => `token id ${id} is outside a vocabulary of ${vocabSize}`);
    assert(~id < samplesBefore, () => `token ${token} is sample ${~id} of a plan that had ${samplesBefore}`);
  }

  #checkRequest(plan: StepPlan, request: number): void {
    const { name, maxRequests, groups } = this.#info;
    const adapter = plan.adapterIds[request];
    if (adapter !== 0) throw new InvalidRequestError(`adapterId must be 0 (${name} has no adapters), got ${adapter}`);
    const length = plan.contextLengths[request];
    assert(length <= this.#positions, () => `a context of ${length} is over the limit of ${this.#positions}`);
    const slot = plan.requestSlots[request];
    assert(slot >= 0 && slot < maxRequests, () => `request slot ${slot} is outside 0..${maxRequests - 1}`);
    for (let token = plan.queryIndptr[request]; token < plan.queryIndptr[request + 1]; token++) {
      const position = plan.positions[token];
      const expected = length - (plan.queryIndptr[request + 1] - token);
      assert(position === expected, () => `token ${token} has position ${position}, not ${expected}`);
      for (let group = 0; group < groups.length; group++) this.#checkSlot(plan.groups[group], slot, position, token);
    }
  }

  #checkSlot(group: PlanGroup, requestSlot: number, position: number, token: number): void {
    const { blockSize, blockCount } = this.#info;
    const block = blockAt(group, requestSlot, position, blockSize);
    assert(block >= 1 && block <= blockCount, () => `block ${block} is outside 1..${blockCount}`);
    const slot = block * blockSize + (position % blockSize);
    assert(
      group.slotMapping[token] === slot,
      () => `token ${token} has slot ${group.slotMapping[token]}, its table says ${slot}`,
    );
  }

  #packSamples({ sampleCount, tokenCount, sampleRows, sampling }: StepPlan): void {
    for (let sample = 0; sample < sampleCount; sample++) {
      const row = sampleRows[sample];
      assert(row >= 0 && row < tokenCount, () => `sample ${sample} is of token row ${row} of ${tokenCount}`);
    }
    this.#column(HEADER.sampleRows, sampleRows, sampleCount);
    this.#realColumn(HEADER.temperature, sampling.temperature, sampleCount);
    this.#column(HEADER.topK, sampling.topK, sampleCount);
    this.#realColumn(HEADER.topP, sampling.topP, sampleCount);
    this.#realColumn(HEADER.minP, sampling.minP, sampleCount);
    const low = this.#start(HEADER.seedLow, sampleCount);
    const high = this.#start(HEADER.seedHigh, sampleCount);
    for (let sample = 0; sample < sampleCount; sample++) {
      this.words[low + sample] = sampling.seed[2 * sample];
      this.words[high + sample] = sampling.seed[2 * sample + 1];
    }
    this.#column(HEADER.choice, sampling.choice, sampleCount);
    this.#column(HEADER.logprobs, sampling.logprobs, sampleCount);
  }

  #packEdits(plan: StepPlan): void {
    const { sampleCount, editCount, edits, maskCount, maskRows, maskWords } = plan;
    checkSteering(plan, this.#info);
    if (editCount > 0) this.#column(HEADER.editStarts, edits.indptr, sampleCount + 1);
    else this.words.fill(0, this.#start(HEADER.editStarts, sampleCount + 1), this.wordCount);
    this.#column(HEADER.editIds, edits.tokenIds, editCount);
    this.#realColumn(HEADER.editBias, edits.bias, editCount);
    this.#realColumn(HEADER.editScale, edits.scale, editCount);
    this.#realColumn(HEADER.editPenalty, edits.penalty, editCount);
    const places = this.#start(HEADER.maskPlaces, sampleCount);
    this.words.fill(-1, places, this.wordCount);
    for (let i = 0; i < maskCount; i++) this.words[places + maskRows[i]] = i;
    this.#column(HEADER.maskWords, maskWords, maskCount * maskWordCount(this.#info.vocabSize));
  }

  /** Notes where column `name` starts and makes room for `count` words. */
  #start(name: number, count: number): number {
    const start = this.wordCount;
    this.words[name] = start;
    this.wordCount += count;
    assert(this.wordCount <= this.words.length, "the columns are longer than the step");
    return start;
  }

  #column(name: number, values: Int32Array, count: number): void {
    const start = this.#start(name, count);
    for (let i = 0; i < count; i++) this.words[start + i] = values[i];
  }

  #realColumn(name: number, values: Float32Array, count: number): void {
    const start = this.#start(name, count);
    for (let i = 0; i < count; i++) this.#reals[start + i] = values[i];
  }
}
