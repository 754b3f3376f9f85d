import { expect, test } from "vitest";
import { OutputClosedError } from "../../../src/cli/failure.ts";
import { run } from "../../../src/cli/run.ts";
import { memoryIo } from "../../support/cli-io.ts";

const quick = ["demo", "--backend", "reference", "--speed", "1000"];

test("piped, it tells what happens in lines; interrupted, it still sums up", async () => {
  const controller = new AbortController();
  const io = memoryIo({ signal: controller.signal });
  const running = run(quick, io);
  while (!io.stdout.text.includes(" ends after ")) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await running).toBe(0);
  const { text } = io.stdout;
  expect(text.match(/ comes with \d+ prompt tokens$/gm)).toHaveLength(16);
  expect(text).toMatch(/ ends after \d+ tokens \((stop|length)\): /);
  expect(text).toMatch(/^16 requests: \d+ prompt tokens in, \d+ tokens out/m);
  for (const name of ["tokens/s", "TTFT", "ITL", "steps", "tokens a step", "peak blocks", "preemptions"]) {
    expect(text).toContain(`\n  ${name} `);
  }
  expect(text).not.toContain("\u001b");
  expect(io.stderr.text).toBe("");
});

test("on a terminal it draws, and an interruption gives the terminal back and still sums up", async () => {
  const controller = new AbortController();
  const io = memoryIo({ terminal: { columns: 100, rows: 40, colorBits: 8 }, signal: controller.signal });
  const running = run(quick, io);
  while (!io.stdout.text.includes("\u001b[?2026h")) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await running).toBe(0);
  expect(io.stdout.text.split("\u001b[?25h\u001b[?1049l")[1]).toContain("tokens a step");
  // While shaders are compiled there is nothing to draw.
  expect(io.stdout.text).toMatch(/^Loading the model and preparing the backend/);
});

test("a reader that leaves ends it", async () => {
  const io = memoryIo();
  const running = run(quick, io);
  while (io.stdout.text === "") await new Promise((resolve) => setImmediate(resolve));
  io.stdout.failure = new OutputClosedError();
  expect(await running).toBe(0);
  expect(io.stderr.text).toBe("");
});
