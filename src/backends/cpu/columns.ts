import { DEFAULT_MAX_EDITS, MAX_TOP_LOGPROBS } from "../../config.ts";
import type { SamplingColumns, StepPlan, StepResult } from "../../step.ts";
import { maskWordCount } from "../../token-mask.ts";
import type { BackendInfo } from "../backend.ts";
import type { Arena } from "./arena.ts";
import { type Fields, recordBytes, writeRecord } from "./records.ts";
import { TableColumns } from "./tables.ts";

/** What sizes the columns of a step. */
export interface ColumnSizes {
  readonly info: BackendInfo;
  /** Tokens of an attention tile. */
  readonly attentionTokens: number;
  readonly keepLogits: boolean;
}

const SAMPLE_WORDS = [
  "sampleRows",
  "temperature",
  "topK",
  "topP",
  "minP",
  "choices",
  "logprobCounts",
  "sampledIds",
  "logprobs",
] as const;
const EDIT_WORDS = ["editIds", "editBias", "editScale", "editPenalty"] as const;
const MOVES = ["swapOuts", "swapIns", "copies"] as const;
const TOP_COLUMNS = ["topIds", "topLogprobs"] as const;

/**
 * One step's columns and results in the backend's memory. There are two, written in turn, so that a step can be packed
 * while the one before it runs, and a result stays until the second next step.
 */
export class StepColumns {
  /** The step's record. */
  readonly record: number;
  readonly #sizes: ColumnSizes;
  readonly #addresses: Fields<"Step">;
  readonly #tables: readonly TableColumns[];
  readonly #tablePointers: readonly [slots: number, tables: number, starts: number, firsts: number];
  #buffer: ArrayBufferLike = new ArrayBuffer(0);

  constructor(arena: Arena, sizes: ColumnSizes) {
    const { info, keepLogits } = sizes;
    const { maxTokens, maxEdits = DEFAULT_MAX_EDITS, vocabSize, blockCount, hostBlockCount, groups } = info;
    const take = (words: number): number => arena.take(4 * words, "a step's columns");
    this.#sizes = sizes;
    this.record = arena.take(recordBytes("Step"), "a step's record");
    this.#addresses = {
      tokenIds: take(maxTokens),
      positions: take(maxTokens),
      attentionTiles: take(3 * maxTokens),
      ...Object.fromEntries(SAMPLE_WORDS.map((name) => [name, take(maxTokens)])),
      ...Object.fromEntries(TOP_COLUMNS.map((name) => [name, take(maxTokens * MAX_TOP_LOGPROBS)])),
      seeds: take(2 * maxTokens),
      editIndptr: take(maxTokens + 1),
      ...Object.fromEntries(EDIT_WORDS.map((name) => [name, take(maxEdits)])),
      maskPlaces: take(maxTokens),
      maskWords: take(maxTokens * maskWordCount(vocabSize)),
      flags: take(maxTokens),
      swapOuts: take(2 * hostBlockCount),
      swapIns: take(2 * Math.min(hostBlockCount, blockCount)),
      copies: take(2 * blockCount),
      keptLogits: keepLogits ? take(maxTokens * vocabSize) : 0,
    };
    this.#tables = groups.map(() => new TableColumns(arena, info));
    this.#tablePointers = [take(groups.length), take(groups.length), take(groups.length), take(groups.length)];
  }

  /** Once the memory is there. */
  open(buffer: ArrayBufferLike): void {
    this.#buffer = buffer;
    const [slots, tables, tableStarts, firstPositions] = this.#tablePointers;
    this.#tables.forEach((group, g) => {
      group.open(buffer);
      this.#ints(slots, g + 1)[g] = group.slots;
      this.#ints(tables, g + 1)[g] = group.tables;
      this.#ints(tableStarts, g + 1)[g] = group.starts;
      this.#ints(firstPositions, g + 1)[g] = group.firstPositions;
    });
    writeRecord(buffer, "Step", this.record, { ...this.#addresses, slots, tables, tableStarts, firstPositions });
  }

  /** Copies a checked plan; `previous` are the columns of the step before, whose samples it may be fed. */
  pack(plan: StepPlan, serial: number, threads: number, previous: StepColumns): void {
    const { tokenCount, requestCount, sampleCount, swapOutCount, swapInCount, copyCount } = plan;
    this.#fill("tokenIds", plan.tokenIds, tokenCount);
    this.#fill("positions", plan.positions, tokenCount);
    this.#tables.forEach((group, g) => group.pack(plan, g));
    this.#packSamples(plan.sampling, plan.sampleRows, sampleCount);
    this.#packEdits(plan);
    for (const name of MOVES) {
      this.#fill(name, plan[name], 2 * { swapOuts: swapOutCount, swapIns: swapInCount, copies: copyCount }[name]);
    }
    const { editCount, maskCount } = plan;
    const moveCounts = { swapOutCount, swapInCount, copyCount };
    const counts = { tokenCount, requestCount, sampleCount, editCount, maskCount, ...moveCounts };
    const attentionTileCount = this.#packTiles(plan);
    const previousIds = previous.#addresses.sampledIds;
    writeRecord(this.#buffer, "Step", this.record, { ...counts, serial, threads, attentionTileCount, previousIds });
  }

  /** The results of `sampleCount` samples, views that are written again two steps later. */
  result(sampleCount: number): StepResult {
    const { sampledIds, flags, logprobs, topIds, topLogprobs, keptLogits } = this.#addresses as Record<string, number>;
    const { vocabSize } = this.#sizes.info;
    const top = sampleCount * MAX_TOP_LOGPROBS;
    const columns = {
      tokenIds: this.#ints(sampledIds, sampleCount),
      sampleFlags: new Uint8Array(this.#buffer, flags, sampleCount),
      logprobs: this.#reals(logprobs, sampleCount),
      topIds: this.#ints(topIds, top),
      topLogprobs: this.#reals(topLogprobs, top),
    };
    return this.#sizes.keepLogits ? { ...columns, logits: this.#reals(keptLogits, sampleCount * vocabSize) } : columns;
  }

  #packSamples(sampling: SamplingColumns, sampleRows: Int32Array, count: number): void {
    this.#fill("sampleRows", sampleRows, count);
    this.#fill("temperature", sampling.temperature, count);
    this.#fill("topK", sampling.topK, count);
    this.#fill("topP", sampling.topP, count);
    this.#fill("minP", sampling.minP, count);
    this.#fill("seeds", sampling.seed, 2 * count);
    this.#fill("choices", sampling.choice, count);
    this.#fill("logprobCounts", sampling.logprobs, count);
  }

  #packEdits({ editCount, edits, maskCount, maskRows, maskWords, sampleCount }: StepPlan): void {
    if (editCount > 0) {
      this.#fill("editIndptr", edits.indptr, sampleCount + 1);
      this.#fill("editIds", edits.tokenIds, editCount);
      this.#fill("editBias", edits.bias, editCount);
      this.#fill("editScale", edits.scale, editCount);
      this.#fill("editPenalty", edits.penalty, editCount);
    }
    if (maskCount === 0) return;
    const places = this.#ints(this.#addresses.maskPlaces!, sampleCount).fill(-1);
    for (let i = 0; i < maskCount; i++) places[maskRows[i]] = i;
    const words = maskCount * maskWordCount(this.#sizes.info.vocabSize);
    this.#ints(this.#addresses.maskWords!, words).set(maskWords.subarray(0, words));
  }

  /** Cuts each request's tokens into tiles (request, first token, tokens); returns how many. */
  #packTiles({ requestCount, queryIndptr, tokenCount }: StepPlan): number {
    const tiles = this.#ints(this.#addresses.attentionTiles!, 3 * tokenCount);
    let count = 0;
    for (let request = 0; request < requestCount; request++) {
      const end = queryIndptr[request + 1];
      for (let first = queryIndptr[request]; first < end; first += this.#sizes.attentionTokens) {
        tiles[3 * count] = request;
        tiles[3 * count + 1] = first;
        tiles[3 * count + 2] = Math.min(this.#sizes.attentionTokens, end - first);
        count++;
      }
    }
    return count;
  }

  #fill(name: keyof Fields<"Step">, values: Int32Array | Float32Array, count: number): void {
    const target =
      values instanceof Int32Array
        ? this.#ints(this.#addresses[name]!, count)
        : this.#reals(this.#addresses[name]!, count);
    for (let i = 0; i < count; i++) target[i] = values[i];
  }

  #ints(address: number, count: number): Int32Array {
    return new Int32Array(this.#buffer, address, count);
  }

  #reals(address: number, count: number): Float32Array {
    return new Float32Array(this.#buffer, address, count);
  }
}
