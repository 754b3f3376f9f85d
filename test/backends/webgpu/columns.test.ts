import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  GROUP_HEADER,
  HEADER,
  PackedColumns,
  columnCapacity,
  groupWord,
} from "../../../src/backends/webgpu/columns.ts";
import type { BackendInfo } from "../../../src/backends/backend.ts";
import { InvalidRequestError } from "../../../src/errors.ts";
import type { StepPlan } from "../../../src/step.ts";
import { type PlanRow, makePlan } from "../../../src/testing/index.ts";

const INFO: BackendInfo = {
  name: "test",
  blockCount: 9,
  hostBlockCount: 0,
  blockSize: 4,
  maxTokens: 8,
  maxRequests: 2,
  contextLength: 32,
  vocabSize: 100,
  bytesPerBlock: 1,
  groups: [{ window: 2 }],
};

const ROWS: PlanRow[] = [
  {
    slot: 0,
    tokenIds: [7, 8, 9],
    position: 3,
    tables: [[5, 2]],
    sampled: [2],
    sampling: { temperature: 0.5, topK: 3, topP: 0.25, minP: 0.125, seed: 2 ** 32 + 6, logprobs: 2 },
    choice: 4,
  },
  { slot: 1, tokenIds: [~0], position: 5, tables: [[3]], firstPositions: [4], sampled: [0] },
];

function packed(plan: StepPlan, samplesBefore = 1): PackedColumns {
  const columns = new PackedColumns(INFO, 28);
  columns.pack(plan, samplesBefore);
  return columns;
}

describe("PackedColumns", () => {
  const plan = makePlan(0, 4, ROWS);
  const { words, wordCount } = packed(plan);
  const column = (name: keyof typeof HEADER, count: number): number[] =>
    Array.from(words.subarray(words[HEADER[name]], words[HEADER[name]] + count));
  const groupColumn = (name: keyof typeof GROUP_HEADER, count: number): number[] => {
    const start = words[groupWord(0) + GROUP_HEADER[name]];
    return Array.from(words.subarray(start, start + count));
  };
  const reals = (name: keyof typeof HEADER, count: number): number[] => [
    ...new Float32Array(words.buffer, 4 * words[HEADER[name]], count),
  ];

  test("holds counts and columns, as much of each as the step has", () => {
    expect([words[HEADER.tokenCount], words[HEADER.sampleCount]]).toEqual([4, 2]);
    expect(column("tokenIds", 4)).toEqual([7, 8, 9, ~0]);
    expect(column("positions", 4)).toEqual([3, 4, 5, 5]);
    expect(groupColumn("slots", 4)).toEqual([23, 8, 9, 13]);
    expect(column("sampleRows", 2)).toEqual([2, 3]);
    expect(wordCount).toBe(groupWord(1) + 4 * 4 + 9 * 2);
  });

  test("gives each token its request's slot, each sample its parameters", () => {
    expect(column("requestSlots", 4)).toEqual([0, 0, 0, 1]);
    expect(reals("temperature", 2)).toEqual([0.5, 0]);
    expect(column("topK", 2)).toEqual([3, 0]);
    expect(reals("topP", 2)).toEqual([0.25, 1]);
    expect(reals("minP", 2)).toEqual([0.125, 0]);
    expect(column("seedLow", 2)).toEqual([6, 0]);
    expect(column("seedHigh", 2)).toEqual([1, 0]);
    expect(column("choice", 2)).toEqual([4, 0]);
    expect(column("logprobs", 2)).toEqual([2, -1]);
  });

  test("writes what changed to the tables on the device, at [slot, block]", () => {
    const { tableWrites, tableWords } = packed(plan);
    expect([words[groupWord(0) + GROUP_HEADER.tables], words[groupWord(0) + GROUP_HEADER.tableStride]]).toEqual([
      words.length,
      8,
    ]);
    expect(tableWrites).toEqual([
      { target: words.length, from: 0, count: 2 },
      { target: words.length + 8 + 1, from: 2, count: 1 },
    ]);
    expect([...tableWords.subarray(0, 3)]).toEqual([5, 2, 3]);
  });

  test("has room for the largest step", () => {
    const full = [0, 1].map((slot) => ({
      slot,
      tokenIds: [1, 2, 3, 4],
      position: 24,
      tables: [[1, 2, 3, 4, 5, 6, 7]],
      sampled: [0, 1, 2, 3],
    }));
    expect(packed(makePlan(0, 4, full)).wordCount).toBeLessThanOrEqual(columnCapacity(INFO));
  });
});

test("each block group has its own slots and tables, where its words say", () => {
  const info = { ...INFO, groups: [{ window: null }, { window: 2 }] };
  const columns = new PackedColumns(info, 28);
  columns.pack(
    makePlan(0, 4, [
      { slot: 0, tokenIds: [7], position: 5, tables: [[5, 2], [3]], firstPositions: [0, 4], sampled: [] },
    ]),
    1,
  );
  const { words, tableWrites, tableWords } = columns;
  const of = (group: number): number[] => Object.values(GROUP_HEADER).map((word) => words[groupWord(group) + word]);
  expect([0, 1].map((group) => words[of(group)[GROUP_HEADER.slots]])).toEqual([2 * 4 + 1, 3 * 4 + 1]);
  expect([0, 1].map((group) => of(group).slice(1))).toEqual([
    [words.length, 8],
    [words.length + 8 * INFO.maxRequests, 8],
  ]);
  expect(tableWrites).toEqual([
    { target: words.length, from: 0, count: 2 },
    { target: words.length + 8 * INFO.maxRequests + 1, from: 2, count: 1 },
  ]);
  expect([...tableWords.subarray(0, 3)]).toEqual([5, 2, 3]);
  expect(columnCapacity(info)).toBeGreaterThan(columnCapacity(INFO));
});

describe("what a kernel would follow out of range is refused", () => {
  const first = ROWS[0];
  test.each<[string, Partial<PlanRow>, RegExp]>([
    ["a token id", { tokenIds: [100], sampled: [] }, /token id 100 is outside a vocabulary of 100/],
    ["a fed-back sample", { tokenIds: [~1], sampled: [] }, /token 0 is sample 1 of a plan that had 1/],
    ["a block", { tables: [[5, 10]] }, /block 10 is outside 1..9/],
    ["the null block", { tables: [[5, 0]] }, /block 0 is outside 1..9/],
    ["a position", { position: 26, tables: [[1, 2, 3, 4, 5, 6, 7, 8]] }, /a context of 29 is over the limit of 28/],
    [
      "too many tokens",
      { tokenIds: new Array<number>(9).fill(1), sampled: [], tables: [[1, 2, 3]] },
      /a step of 9 tokens is over the limit of 8/,
    ],
  ])("%s", (_, change, message) => {
    expect(() => packed(makePlan(0, 4, [{ ...first, ...change }]))).toThrow(message);
  });

  test.each<[string, Partial<StepPlan>, RegExp]>([
    ["a sampled row", { sampleRows: Int32Array.of(4, 0) }, /sample 0 is of token row 4 of 4/],
    [
      "a slot that is not the table's",
      { groups: [{ ...makePlan(0, 4, ROWS).groups[0], slotMapping: Int32Array.of(23, 8, 10, 13) }] },
      /token 2 has slot 10, its table says 9/,
    ],
    [
      "positions that do not follow the context",
      { positions: Int32Array.of(3, 4, 4, 5) },
      /token 2 has position 4, not 5/,
    ],
    ["more requests than the limit", { requestCount: 3 }, /a step of 3 requests is over the limit of 2/],
    [
      "a table of too many blocks",
      { groups: [{ ...makePlan(0, 4, ROWS).groups[0], changes: Int32Array.of(0, 7, 9), changeCount: 1 }] },
      /change 0 is of blocks 7 to 9 of slot 0, tables have 8 blocks of 2 slots/,
    ],
    [
      "a change that is no block",
      {
        groups: [
          {
            ...makePlan(0, 4, ROWS).groups[0],
            tables: makePlan(0, 4, ROWS).groups[0].tables.map(() => 10),
            slotMapping: Int32Array.of(43, 40, 41, 41),
          },
        ],
      },
      /block 10 is outside 1..9/,
    ],
    ["a slot that no request has", { requestSlots: Int32Array.of(0, 2) }, /request slot 2 is outside 0..1/],
    ["requests without all tokens", { queryIndptr: Int32Array.of(0, 3, 3) }, /3 tokens of requests in a step of 4/],
    ["two block groups", { groups: [] }, /0 block groups, not 1/],
  ])("%s", (_, change, message) => {
    expect(() => packed({ ...makePlan(0, 4, ROWS), ...change })).toThrow(message);
  });

  test("an adapter is the request's own error", () => {
    expect(() => packed(makePlan(0, 4, [{ ...first, adapterId: 1 }]))).toThrow(InvalidRequestError);
  });
});

test("header words have the places that columns.wgsl says", () => {
  const text = readFileSync(new URL("../../../src/backends/webgpu/kernels/columns.wgsl", import.meta.url), "utf8");
  const constants = [...text.matchAll(/^const (\w+) = (\d+)u;$/gm)].map(
    ([, name, value]) => [name, Number(value)] as const,
  );
  const named = (prefix: string, isOf: (name: string) => boolean) =>
    Object.fromEntries(
      constants.filter(([name]) => isOf(name)).map(([name, value]) => [camelCase(name.slice(prefix.length)), value]),
    );
  expect(named("", (name) => !name.startsWith("GROUP_"))).toEqual(HEADER);
  expect(named("GROUP_", (name) => name.startsWith("GROUP_"))).toEqual(GROUP_HEADER);
});

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
