import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KvStore } from "../../../../src/backends/reference/kv-store.ts";
import { PagedAttention } from "../../../../src/backends/reference/paged-attention.ts";
import type { BackendInfo } from "../../../../src/backends/backend.ts";
import { columnCapacity, PackedColumns } from "../../../../src/backends/webgpu/columns.ts";
import {
  type AttentionShape,
  attentionKernel,
  attentionSegments,
  attentionSplitKernel,
  attentionTotalKernel,
  attentionWidth,
  partialBytes,
} from "../../../../src/backends/webgpu/kernels/attention.ts";
import type { Part } from "../../../../src/backends/webgpu/part.ts";
import { type KernelBuffer, type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { kvUnitBytes } from "../../../../src/backends/webgpu/kv-storage.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import { type KvType, kvHeadBytes } from "../../../../src/kv-type.ts";
import type { StepPlan } from "../../../../src/step.ts";
import { type PlanRow, makePlan, randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { isSoak } from "../../../support/soak.ts";
import { FIRST_GROUP, bits, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

/** The device's buffer after the plan's columns and changes of tables were written. */
function onDevice({ words, tableWrites, tableWords }: PackedColumns, info: BackendInfo): Int32Array {
  const all = new Int32Array(columnCapacity(info));
  all.set(words);
  for (const { target, from, count } of tableWrites) all.set(tableWords.subarray(from, from + count), target);
  return all;
}

const FORMS = ["thread", "group", "split"] as const;
type Form = (typeof FORMS)[number];
const TOLERANCE = 1e-5;

interface Case {
  readonly headDim: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly blockSize: number;
  readonly window: number | null;
  readonly softCap: number | null;
  readonly kv: KvType;
}

/** Heads of real models, cut to two key heads: one of them in `npm test`, all under `npm run soak -- webgpu-kernels`. */
const REAL_HEADS: readonly Case[] = [
  { headDim: 64, headCount: 8, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "f32" }, // Llama 3.2 1B
  { headDim: 80, headCount: 2, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "f32" }, // Phi-2
  { headDim: 96, headCount: 6, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "f16" }, // Phi-3.5 mini
  { headDim: 128, headCount: 8, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "f16" }, // Llama 3.1 8B
  { headDim: 128, headCount: 14, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "int8" }, // Qwen2.5 7B
  { headDim: 128, headCount: 16, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "int8" }, // Llama 3 70B
  { headDim: 256, headCount: 4, kvHeadCount: 2, blockSize: 16, window: 512, softCap: 50, kv: "f32" }, // Gemma 2 2B
  { headDim: 256, headCount: 8, kvHeadCount: 2, blockSize: 16, window: 512, softCap: null, kv: "f16" }, // Gemma 3 4B
];

describe.skipIf(noWebGPU)(`attention${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  describe.each<Case>([
    { headDim: 8, headCount: 6, kvHeadCount: 2, blockSize: 16, window: null, softCap: null, kv: "f32" },
    { headDim: 6, headCount: 2, kvHeadCount: 2, blockSize: 3, window: null, softCap: 2, kv: "f16" },
    { headDim: 64, headCount: 1, kvHeadCount: 1, blockSize: 4, window: 10, softCap: null, kv: "int8" },
    { headDim: 16, headCount: 11, kvHeadCount: 1, blockSize: 4, window: 300, softCap: null, kv: "f16" },
    ...REAL_HEADS.filter((_, i) => isSoak || i === 1),
  ])(
    "$headCount heads of $headDim, $kvHeadCount shared, blocks of $blockSize, window $window, soft-cap $softCap, $kv",
    (each) => {
      const { headDim, headCount, kvHeadCount, blockSize, window, softCap, kv } = each;
      const { config } = randomModel(1, { headDim, headCount, kvHeadCount, contextLength: 600 });
      const shape = shapeOf(config);
      const blockCount = Math.ceil(1200 / blockSize);
      const info: BackendInfo = {
        name: "",
        blockCount,
        hostBlockCount: 0,
        blockSize,
        maxTokens: 64,
        maxRequests: 4,
        contextLength: 600,
        vocabSize: 2,
        bytesPerBlock: 1,
        groups: [{ window }],
      };

      /** Keys and values by slot; all numbers are float32. */
      const kvSize = kvHeadCount * headDim;
      const store = new KvStore({ blockSize, layerCount: 1, kvHeadCount, headDim, type: kv }, blockCount);
      const [keys, values] = [2, 4].map(
        (seed) => new Float64Array(new Float32Array(numbers((blockCount + 1) * blockSize * kvSize, seed))),
      );
      for (let slot = 0; slot < (blockCount + 1) * blockSize; slot++) {
        store.writeToken(slot, 0, keys, values, slot * kvSize);
      }

      /** The same bytes in the device's layout, heads padded to whole vectors; what no request has is NaN. */
      const units = shape.head + (kv === "int8" ? 1 : 0);
      const unitBytes = kvUnitBytes(kv);
      const deviceCache = (
        tables: readonly (readonly number[])[],
        lengths: readonly number[],
        firsts: readonly number[],
      ): Uint32Array => {
        const bytes = new Uint8Array((blockCount + 1) * 2 * kvHeadCount * blockSize * units * unitBytes).fill(0xff);
        const headBytes = kvHeadBytes(kv, headDim);
        for (const [r, table] of tables.entries()) {
          for (let position = firsts[r]; position < lengths[r]; position++) {
            const block = table[Math.floor((position - firsts[r]) / blockSize)];
            const stored = store.read([block]); // [key or value, offset, head]
            for (let i = 0; i < 2 * kvHeadCount; i++) {
              const [isValue, head] = [Math.floor(i / kvHeadCount), i % kvHeadCount];
              const source = ((isValue * blockSize + (position % blockSize)) * kvHeadCount + head) * headBytes;
              const to =
                (((block * 2 + isValue) * kvHeadCount + head) * blockSize + (position % blockSize)) * units * unitBytes;
              bytes.fill(0, to, to + units * unitBytes);
              bytes.set(stored.subarray(source, source + headBytes), to);
            }
          }
        }
        return new Uint32Array(bytes.buffer);
      };

      /** Requests whose last token is at `lengths - 1`, with `counts` tokens each. */
      const planOf = (
        lengths: readonly number[],
        counts: readonly number[],
        order: (block: number) => number = (block) => block,
      ): { plan: StepPlan; tables: number[][]; firsts: number[] } => {
        let next = 1;
        const firsts = lengths.map((length, r) =>
          window === null ? 0 : Math.floor(Math.max(0, length - counts[r] + 1 - window) / blockSize) * blockSize,
        );
        const tables = lengths.map((length, r) =>
          Array.from({ length: Math.ceil((length - firsts[r]) / blockSize) }, () => order(next++)),
        );
        const rows: PlanRow[] = lengths.map((length, slot) => ({
          slot,
          tokenIds: new Array<number>(counts[slot]).fill(1),
          position: length - counts[slot],
          tables: [tables[slot]],
          firstPositions: [firsts[slot]],
          sampled: [],
        }));
        return { plan: makePlan(0, blockSize, rows), tables, firsts };
      };

      interface Run {
        readonly attention: AttentionShape;
        readonly part: Part;
        readonly data: readonly KernelBuffer[];
        readonly plan: StepPlan;
      }
      const run = async (form: Form, { attention, part, data, plan }: Run): Promise<Float32Array> => {
        const [columns, padded] = data;
        const outputs = new Float32Array(padded.length);
        const rows = plan.tokenCount;
        const width = attentionWidth(form === "thread" ? "thread" : "group", shape, kvHeadCount);
        if (form !== "split") {
          const kernel = attentionKernel(form, attention);
          return runKernel(bench, { kernel, data: [...data, outputs], part, workgroups: [width, rows] }, 3);
        }
        const segments = attentionSegments(600);
        const partials = new Float32Array((rows * partialBytes(shape, segments)) / 4).fill(Number.NaN);
        const kernel = attentionSplitKernel(attention, segments);
        const workgroups = [width, rows, segments] as const;
        const split = await runKernel(bench, { kernel, data: [...data, partials], part, workgroups }, 3);
        const total = attentionTotalKernel(attention, segments);
        const merge = { kernel: total, data: [columns, split, outputs], part, workgroups: [headCount, rows] as const };
        return runKernel(bench, merge, 2);
      };

      const attend = async (
        form: Form,
        plan: StepPlan,
        cache: Uint32Array,
        queries: Float64Array,
      ): Promise<Float32Array> => {
        const columns = new PackedColumns(info);
        columns.pack(plan, 0);
        const padded = new Float32Array(plan.tokenCount * 4 * shape.queries);
        for (let i = 0; i < queries.length; i++) {
          padded[Math.floor(i / headDim) * 4 * shape.head + (i % headDim)] = queries[i];
        }
        const blockStride = 2 * kvHeadCount * blockSize * units;
        const attention = { shape, config: { ...config, attentionSoftCap: softCap }, blockSize, window, kv };
        const part = { headCount: kvHeadCount, blockStride, ...FIRST_GROUP };
        const out = await run(form, { attention, part, data: [onDevice(columns, info), padded, cache], plan });
        return Float32Array.from(
          { length: queries.length },
          (_, i) => out[Math.floor(i / headDim) * 4 * shape.head + (i % headDim)],
        );
      };

      const lengths = [1, 2 * blockSize, 2 * blockSize + 1, 530];
      const counts = [1, blockSize + 1, 2, 3];
      const { plan, tables, firsts } = planOf(lengths, counts);
      const queries = new Float64Array(
        new Float32Array(numbers(plan.tokenCount * headCount * headDim, 3)).map((value) => 4 * value),
      );

      test.each(FORMS)("%s agrees with its twin to 1e-5, with NaN in every unused slot", async (variant) => {
        const expected = new Float64Array(queries.length);
        new PagedAttention(store, {
          headCount,
          kvHeadCount,
          headDim,
          scale: 1 / Math.sqrt(headDim),
          softCap,
          window,
        }).run(expected, queries, 0, plan, plan.groups[0]);
        const actual = await attend(variant, plan, deviceCache(tables, lengths, firsts), queries);
        expect(distance(actual, expected)).toBeLessThan(TOLERANCE);
      });

      test("variants, batches and chunks give the same bits", async () => {
        const whole = await attend("thread", plan, deviceCache(tables, lengths, firsts), queries);
        for (const form of FORMS) {
          const attended = await attend(form, plan, deviceCache(tables, lengths, firsts), queries);
          expect({ form, bits: bits(attended) }).toEqual({ form, bits: bits(whole) });
        }
        const size = headCount * headDim;
        const last = queries.slice(-size);
        for (const variant of FORMS) {
          // the last token of the longest request, alone in its step
          const table = tables[3];
          const alone = makePlan(0, blockSize, [
            { slot: 0, tokenIds: [1], position: 529, tables: [table], firstPositions: [firsts[3]], sampled: [] },
          ]);
          const attended = await attend(variant, alone, deviceCache([table], [530], [firsts[3]]), last);
          expect({ variant, bits: bits(attended) }).toEqual({ variant, bits: bits(whole.slice(-size)) });
        }
      });
    },
  );
});
