import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyOf } from "../../../src/cli/simulate/results-file.ts";
import { type Settings, settingsOf } from "../../../src/cli/simulate/settings.ts";
import { parseShard, runsToDo } from "../../../src/cli/simulate/sweep.ts";

const grid = {
  engine: ["bstar"],
  model: ["m"],
  gpu: ["a", "b"],
  rate: [1, 2, 3],
  seed: [0],
  workload: "poisson",
} as unknown as Parameters<typeof settingsOf>[0];

test("a grid has each combination once, the last axis fastest", () => {
  expect(settingsOf(grid).map(({ gpu, rate }) => `${gpu}${rate}`)).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
});

test.each([1, 2, 4, 9])("%d shards share the runs out, none twice", (parts) => {
  const runs = settingsOf(grid);
  const shares: Settings[][] = Array.from({ length: parts }, (_, i) =>
    runsToDo({ runs, shard: { part: i + 1, parts } }),
  );
  expect(new Set(shares.flat())).toEqual(new Set(runs));
  expect(shares.flat()).toHaveLength(runs.length);
  expect(Math.max(...shares.map((share) => share.length))).toBeLessThanOrEqual(Math.ceil(runs.length / parts));
});

test("bits, arithmetic and engines are axes", () => {
  const axes = {
    engine: ["vllm-0.15", "sglang"],
    weightBits: [8, 16],
    kvBits: [8, 16],
    arithmetic: ["fp16", "fp8"],
  } as const;
  const runs = settingsOf({ ...grid, gpu: ["a"], rate: [1], ...axes });
  const names = runs.map(({ engine, weightBits, kvBits, arithmetic }) =>
    [engine, weightBits, kvBits, arithmetic].join(),
  );
  expect(new Set(names).size).toBe(16);
});

test("equal values count once", () => {
  expect(settingsOf({ ...grid, gpu: ["a", "b", "a"], rate: [1, 1] })).toHaveLength(2);
});

test("what failed is run again, what succeeded is not", () => {
  const folder = mkdtempSync(join(tmpdir(), "bstar-sweep-"));
  const out = join(folder, "sweep.jsonl");
  const runs = settingsOf(grid);
  const [first, second] = runs.map(keyOf);
  writeFileSync(
    out,
    `${JSON.stringify({ key: first, error: { code: "x", message: "y" } })}\n${JSON.stringify({ key: second, result: {} })}\n`,
  );
  expect(runsToDo({ runs, shard: { part: 1, parts: 1 }, out }).map(keyOf)).toEqual(
    runs.map(keyOf).filter((key) => key !== second),
  );
  writeFileSync(out, `${JSON.stringify({ key: first, result: {} })}\n`, { flag: "a" });
  expect(runsToDo({ runs, shard: { part: 1, parts: 1 }, out })).toHaveLength(runs.length - 2);
  rmSync(folder, { recursive: true });
});

test("a sweep has a bound", () => {
  const seed = Array.from({ length: 60_000 }, (_, i) => i);
  expect(() => settingsOf({ ...grid, seed })).toThrow(/a sweep has at most 100000 runs, got 360000/);
});

test("a shard is k/n", () => {
  expect(parseShard("2/8")).toEqual({ part: 2, parts: 8 });
  for (const text of ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2"]) {
    expect(() => parseShard(text)).toThrow(`got "${text}"`);
  }
});
