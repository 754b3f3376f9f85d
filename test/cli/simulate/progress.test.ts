import { expect, test } from "vitest";
import { Progress } from "../../../src/cli/simulate/progress.ts";
import { MemoryOutput } from "../../support/cli-io.ts";

test("shows what is done and the time left", async () => {
  let now = 100;
  const progress = new Progress(new MemoryOutput(), 4, () => now);
  expect(progress.line()).toBe(`[${"-".repeat(30)}] 0/4 runs`);
  now = 106;
  await progress.advance();
  expect(progress.line()).toMatch(/^\[#{8}-{22}\] 1\/4 runs, 18(\.0)? s left$/);
  for (let i = 0; i < 3; i++) await progress.advance();
  expect(progress.line()).toBe(`[${"#".repeat(30)}] 4/4 runs`);
});

test("is full where there is nothing to do", () => {
  expect(new Progress(new MemoryOutput(), 0, () => 0).line()).toBe(`[${"#".repeat(30)}] 0/0 runs`);
});

test("a terminal has it drawn over itself, and one new line in the end", async () => {
  const terminal = new MemoryOutput({ columns: 80, rows: 24, colorBits: 1 });
  const progress = new Progress(terminal, 1, () => 0);
  await progress.draw();
  await progress.advance();
  await progress.end();
  await progress.end();
  expect(terminal.writes.map((text) => text.slice(0, 4))).toEqual(["\r\u001b[K", "\r\u001b[K", "\n"]);
});

test("a pipe gets nothing", async () => {
  const pipe = new MemoryOutput();
  const progress = new Progress(pipe, 2, () => 0);
  await progress.draw();
  await progress.advance();
  await progress.end();
  expect(pipe.text).toBe("");
});
