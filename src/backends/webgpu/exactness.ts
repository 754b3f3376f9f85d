import type { BackendInfo } from "../backend.ts";
import { MAP_MODE_READ, USAGE } from "./buffers.ts";
import { GROUP_HEADER, HEADER, columnCapacity, groupWord } from "./columns.ts";
import { attentionSegments } from "./kernels/attention.ts";
import type { Program } from "./program.ts";

/** What the probe of a backend runs on: its own pipelines and buffers, before its first step. */
export interface ExactnessParts {
  readonly device: GPUDevice;
  readonly info: BackendInfo;
  readonly program: Program;
  /** Positions that have angles. */
  readonly positions: number;
  /** Most tokens that the first class of kernels has room for. */
  readonly mostTokens: number;
  readonly columns: GPUBuffer;
  readonly logits: GPUBuffer;
  /** Bytes of a row of logits. */
  readonly rowBytes: number;
}

/** Tokens of the probe: more than a tile of eight rows, and no multiple of four. */
const TOKENS = 9;
/** Where the probe starts if the context is long enough: it ends in the second segment of attention. */
const FIRST_POSITION = 252;

/**
 * Whether each class of kernels gives the same bits as the first class, token by token: the promise that a row's bits
 * do not depend on its step, tested on this device with this model's weights and shapes. WGSL lets a compiler
 * reassociate and contract, so that only a test on the device can tell.
 *
 * Runs `TOKENS` steps of one token and one step a class, on blocks that no request has yet, once for the same
 * pipelines on a device. Null where the cache is too small for two tokens.
 */
export async function probeExactness(parts: ExactnessParts): Promise<readonly boolean[] | null> {
  const prompt = promptOf(parts);
  if (prompt === null) return null;
  const key = keyOf(parts.program.pipelines);
  const known = probed.get(parts.device)?.get(key);
  if (known !== undefined) return known;
  const equal = await probe(parts, prompt);
  const ofDevice = probed.get(parts.device) ?? new Map<string, readonly boolean[]>();
  probed.set(parts.device, ofDevice.set(key, equal));
  return equal;
}

/** By device and pipelines: a device is probed once for a model's shapes, however many backends it has. */
const probed = new WeakMap<GPUDevice, Map<string, readonly boolean[]>>();
const numbers = new WeakMap<GPUComputePipeline, number>();
let pipelineCount = 0;

/** The pipelines by number, in order. */
function keyOf(pipelines: readonly GPUComputePipeline[]): string {
  return pipelines
    .map((pipeline) => {
      const number = numbers.get(pipeline) ?? pipelineCount++;
      numbers.set(pipeline, number);
      return number;
    })
    .join();
}

async function probe(parts: ExactnessParts, prompt: Chunk): Promise<boolean[]> {
  for (let i = 0; i < prompt.count - 1; i++) submit(parts, { first: prompt.first + i, count: 1 }, 0);
  const alone = await lastLogits(parts, { first: prompt.first + prompt.count - 1, count: 1 }, 0);
  const equal: boolean[] = [];
  for (let number = 0; number < parts.program.classCount; number++) {
    const together = await lastLogits(parts, prompt, number);
    equal.push(together.every((word, i) => word === alone[i]));
  }
  return equal;
}

/** Consecutive positions of the probe's one request. */
interface Chunk {
  readonly first: number;
  readonly count: number;
}

function promptOf({ info, positions, mostTokens }: ExactnessParts): Chunk | null {
  const { blockCount, blockSize, maxTokens, groups } = info;
  const room = Math.min(positions, Math.floor(blockCount / groups.length) * blockSize);
  const count = Math.min(TOKENS, maxTokens, mostTokens, room);
  return count < 2 ? null : { first: Math.min(FIRST_POSITION, room - count), count };
}

/** Runs a step whose last token is sampled. */
function submit({ device, info, program, columns }: ExactnessParts, chunk: Chunk, number: number): void {
  device.queue.writeBuffer(columns, 0, wordsOf(info, chunk));
  const encoder = device.createCommandEncoder();
  const size = { tokenCount: chunk.count, sampleCount: 1, segments: attentionSegments(chunk.first + chunk.count) };
  program.encode(encoder, size, { edits: false, draws: false, logprobs: false }, number);
  device.queue.submit([encoder.finish()]);
}

async function lastLogits(parts: ExactnessParts, chunk: Chunk, number: number): Promise<Int32Array> {
  const { device, logits, rowBytes } = parts;
  submit(parts, chunk, number);
  const staging = device.createBuffer({ size: rowBytes, usage: USAGE.MAP_READ | USAGE.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(logits, 0, staging, 0, rowBytes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  const words = new Int32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return words;
}

/** The columns of a step and, behind them as on every step, the tables: group g has the g-th run of blocks. */
function wordsOf(info: BackendInfo, { first, count }: Chunk): Int32Array<ArrayBuffer> {
  const { blockSize, vocabSize, groups, maxRequests, contextLength } = info;
  const words = new Int32Array(columnCapacity(info));
  const stride = Math.ceil(contextLength / blockSize);
  const blocks = Math.ceil((first + count) / blockSize);
  let end = groupWord(groups.length);
  const column = (word: number, length: number, valueAt: (i: number) => number): void => {
    words[word] = end;
    for (let i = 0; i < length; i++) words[end++] = valueAt(i);
  };
  words[HEADER.tokenCount] = count;
  words[HEADER.sampleCount] = 1;
  column(HEADER.tokenIds, count, (i) => ((first + i) * 7919) % vocabSize);
  column(HEADER.positions, count, (i) => first + i);
  column(HEADER.requestSlots, count, () => 0);
  column(HEADER.sampleRows, 1, () => count - 1);
  for (let group = 0; group < groups.length; group++) {
    const word = groupWord(group);
    const table = words.length - (groups.length - group) * maxRequests * stride;
    const firstBlock = 1 + group * blocks;
    column(word + GROUP_HEADER.slots, count, (i) => firstBlock * blockSize + first + i);
    for (let i = 0; i < blocks; i++) words[table + i] = firstBlock + i;
    words[word + GROUP_HEADER.tables] = table;
    words[word + GROUP_HEADER.tableStride] = stride;
  }
  return words;
}
