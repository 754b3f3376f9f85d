import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendLine, dropUnfinishedLine } from "../../../src/cli/lines-file.ts";
import { keyOf, readLines, type SweepLine } from "../../../src/cli/simulate/results-file.ts";
import type { Settings } from "../../../src/cli/simulate/settings.ts";

let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "bstar-results-")), "sweep.jsonl");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

const line = (key: string, message = "no"): SweepLine => ({ key, error: { code: "invalid_option", message } });

test("lines come back; of equal keys the last counts", () => {
  expect(readLines(path)).toEqual([]);
  for (const each of [line("a"), line("b"), line("a", "again")]) appendLine(path, each);
  expect(readLines(path)).toEqual([line("a", "again"), line("b")]);
});

test("an unfinished last line is not read, and taken off", () => {
  appendLine(path, line("ä"));
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, `${whole}{"key":"b`);
  expect(readLines(path)).toEqual([line("ä")]);
  dropUnfinishedLine(path);
  expect(readFileSync(path, "utf8")).toBe(whole);
  dropUnfinishedLine(path);
  expect(readFileSync(path, "utf8")).toBe(whole);
});

test.each(["no json", "{}", "null", "3"])("%s is refused with file and line", (text) => {
  writeFileSync(path, `${JSON.stringify(line("a"))}\n${text}\n`);
  expect(() => readLines(path)).toThrow(`${path}:2 is no line of a sweep`);
});

test("a key names all settings, whatever their order", () => {
  const settings = { model: "m", gpu: "g", seed: 1 } as Settings;
  expect(keyOf({ seed: 1, gpu: "g", model: "m" } as Settings)).toBe(keyOf(settings));
  expect(keyOf({ ...settings, seed: 2 })).not.toBe(keyOf(settings));
});
