import { assert } from "../../assert.ts";
import { InvalidRequestError } from "../../errors.ts";
import type { StepPlan } from "../../step.ts";
import type { BackendInfo } from "../backend.ts";

/** Words of the header, as in kernels/columns.wgsl: two counts, then where each column starts. */
export const HEADER = {
  tokenCount: 0,
  sampleCount: 1,
  tokenIds: 2,
  positions: 3,
  requests: 4,
  sampleRows: 5,
  temperature: 6,
  topK: 7,
  topP: 8,
  minP: 9,
  seedLow: 10,
  seedHigh: 11,
  choice: 12,
  logprobs: 13,
  groups: 14,
} as const;

/** Words of the header for each block group; the first group's start at `HEADER.groups`. */
export const GROUP_HEADER = { slots: 0, tableStarts: 1, firstPositions: 2, tables: 3 } as const;
const GROUP_WORDS = Object.keys(GROUP_HEADER).length;
const TOKEN_COLUMNS = 3;
const SAMPLE_COLUMNS = 9;

/** Header word where the words of block group `group` start. */
export function groupWord(group: number): number {
  return HEADER.groups + GROUP_WORDS * group;
}

/** Words that a step of such a backend can need at most: block tables dominate. */
export function columnCapacity(info: BackendInfo): number {
  const { maxTokens, maxRequests, contextLength, blockSize, groups } = info;
  const tables = maxRequests * (Math.ceil(contextLength / blockSize) + 1);
  const perGroup = maxTokens + 2 * maxRequests + 1 + tables;
  return groupWord(groups.length) + (TOKEN_COLUMNS + SAMPLE_COLUMNS) * maxTokens + groups.length * perGroup;
}

/**
 * A plan's columns in one array of words, ready to upload: a header, then only as much of each column as the step has.
 * What the kernels rely on is checked on the way: a plan that would make one read or write out of range asserts here.
 */
export class PackedColumns {
  readonly words: Int32Array<ArrayBuffer>;
  /** Words of `words` that the last plan fills. */
  wordCount = 0;
  readonly #reals: Float32Array;
  readonly #info: BackendInfo;
  readonly #positions: number;

  /** `positions`: how many positions have angles, where that is less than the context. */
  constructor(info: BackendInfo, positions: number = info.contextLength) {
    this.words = new Int32Array(columnCapacity(info));
    this.#reals = new Float32Array(this.words.buffer);
    this.#info = info;
    this.#positions = positions;
  }

  /** `samplesBefore`: samples of the preceding plan, which negative ids refer to. Throws `InvalidRequestError` for an adapter. */
  pack(plan: StepPlan, samplesBefore: number): void {
    this.#checkCounts(plan);
    const { tokenCount, sampleCount, groups } = plan;
    this.words[HEADER.tokenCount] = tokenCount;
    this.words[HEADER.sampleCount] = sampleCount;
    this.wordCount = groupWord(groups.length);
    this.#packTokens(plan, samplesBefore);
    this.#packSamples(plan);
    for (let group = 0; group < groups.length; group++) this.#packGroup(plan, group);
  }

  #packGroup({ tokenCount, requestCount, groups }: StepPlan, group: number): void {
    const word = groupWord(group);
    const { slotMapping, blockIndptr, firstPosition, blockIndices } = groups[group];
    this.#column(word + GROUP_HEADER.slots, slotMapping, tokenCount);
    this.#column(word + GROUP_HEADER.tableStarts, blockIndptr, requestCount + 1);
    this.#column(word + GROUP_HEADER.firstPositions, firstPosition, requestCount);
    this.#column(word + GROUP_HEADER.tables, blockIndices, blockIndptr[requestCount]);
  }

  #checkCounts({ tokenCount, requestCount, sampleCount, groups }: StepPlan): void {
    const { maxTokens, maxRequests, groups: own } = this.#info;
    assert(tokenCount <= maxTokens, () => `a step of ${tokenCount} tokens is over the limit of ${maxTokens}`);
    assert(requestCount <= maxRequests, () => `a step of ${requestCount} requests is over the limit of ${maxRequests}`);
    assert(sampleCount <= maxTokens, () => `a step of ${sampleCount} samples is over the limit of ${maxTokens}`);
    assert(groups.length === own.length, () => `${groups.length} block groups, not ${own.length}`);
  }

  #packTokens(plan: StepPlan, samplesBefore: number): void {
    const { tokenCount, requestCount, tokenIds, queryIndptr } = plan;
    for (let token = 0; token < tokenCount; token++) this.#checkToken(token, tokenIds[token], samplesBefore);
    this.#column(HEADER.tokenIds, tokenIds, tokenCount);
    this.#column(HEADER.positions, plan.positions, tokenCount);
    const requests = this.#start(HEADER.requests, tokenCount);
    assert(queryIndptr[requestCount] === tokenCount, () => `${queryIndptr[requestCount]} tokens of requests in a step of ${tokenCount}`);
    for (let request = 0; request < requestCount; request++) {
      this.#checkRequest(plan, request);
      for (let token = queryIndptr[request]; token < queryIndptr[request + 1]; token++) this.words[requests + token] = request;
    }
  }

  #checkToken(token: number, id: number, samplesBefore: number): void {
    const { vocabSize } = this.#info;
    assert(id < vocabSize, () => `token id ${id} is outside a vocabulary of ${vocabSize}`);
    assert(~id < samplesBefore, () => `token ${token} is sample ${~id} of a plan that had ${samplesBefore}`);
  }

  #checkRequest(plan: StepPlan, request: number): void {
    const { name, groups } = this.#info;
    const adapter = plan.adapterIds[request];
    if (adapter !== 0) throw new InvalidRequestError(`adapterId must be 0 (${name} has no adapters), got ${adapter}`);
    const length = plan.contextLengths[request];
    assert(length <= this.#positions, () => `a context of ${length} is over the limit of ${this.#positions}`);
    for (let group = 0; group < groups.length; group++) this.#checkTable(plan, request, group);
  }

  #checkTable(plan: StepPlan, request: number, group: number): void {
    const { blockCount } = this.#info;
    const { blockIndptr, blockIndices } = plan.groups[group];
    assert(blockIndptr[request] <= blockIndptr[request + 1], () => `the table of request ${request} ends before it starts`);
    for (let i = blockIndptr[request]; i < blockIndptr[request + 1]; i++) {
      const block = blockIndices[i];
      assert(block >= 1 && block <= blockCount, () => `block ${block} is outside 1..${blockCount}`);
    }
    for (let token = plan.queryIndptr[request]; token < plan.queryIndptr[request + 1]; token++) this.#checkSlot(plan, request, group, token);
  }

  #checkSlot(plan: StepPlan, request: number, group: number, token: number): void {
    const { blockSize, groups } = this.#info;
    const { firstPosition, blockIndptr, blockIndices, slotMapping } = plan.groups[group];
    const position = plan.positions[token];
    const expected = plan.contextLengths[request] - (plan.queryIndptr[request + 1] - token);
    assert(position === expected, () => `token ${token} has position ${position}, not ${expected}`);
    const offset = position - firstPosition[request];
    const entry = blockIndptr[request] + Math.floor(offset / blockSize);
    const { window } = groups[group];
    const visible = window === null ? 0 : Math.max(0, position + 1 - window);
    assert(firstPosition[request] <= visible, () => `token ${token} sees position ${visible}, before its table`);
    assert(entry < blockIndptr[request + 1], () => `position ${position} is outside the table of request ${request}`);
    const slot = blockIndices[entry] * blockSize + (offset % blockSize);
    assert(slotMapping[token] === slot, () => `token ${token} has slot ${slotMapping[token]}, its table says ${slot}`);
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

  /** Notes where column `name` starts and makes room for `count` words. */
  #start(name: number, count: number): number {
    const start = this.wordCount;
    this.words[name] = start;
    this.wordCount += count;
    assert(this.wordCount <= this.words.length, "block tables are longer than the context");
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
