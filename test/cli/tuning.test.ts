import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GPU_VARIANTS, type Tuning, VARIANTS } from "../../src/backends/webgpu/index.ts";
import { readTuning, writeTuning } from "../../src/cli/tuning.ts";

const INFO = { vendor: "v", architecture: "a", device: "d", description: "driver 1" } as GPUAdapterInfo;
const folder = mkdtempSync(join(tmpdir(), "bstar-tuning-"));
const tuningOf = (variants: Tuning["variants"]): Tuning => ({ adapter: "d", variants, classes: [], matrixBytes: 1 });

test("what was tuned is kept by adapter and driver", () => {
  expect(readTuning(INFO, folder)).toBeUndefined();
  const linear = [{ ...VARIANTS.software.linear[0], mostRows: 4 }, ...GPU_VARIANTS.linear.slice(3)];
  writeTuning(INFO, tuningOf({ ...GPU_VARIANTS, linear }), folder);
  expect(readTuning(INFO, folder)).toEqual({ ...GPU_VARIANTS, linear });
  expect(readTuning({ ...INFO, description: "driver 2" }, folder)).toBeUndefined();
});

test("a file of another version is not used", () => {
  const linear = [{ ...GPU_VARIANTS.linear[0], rows: 3 }];
  writeTuning(INFO, tuningOf({ ...GPU_VARIANTS, linear }), folder);
  expect(readTuning(INFO, folder)).toBeUndefined();
  writeFileSync(join(folder, readdirSync(folder)[0]), "not json");
  expect(readTuning(INFO, folder)).toBeUndefined();
});
