import { expect, test } from "vitest";
import { OutputClosedError } from "../../../src/cli/failure.ts";
import { run } from "../../../src/cli/run.ts";
import { bstar, memoryIo } from "../../support/cli-io.ts";

const quick = ["demo", "--backend", "reference", "--speed", "1000"];

test("piped, it tells of all 16 requests in lines and sums up", async () => {
  const { code, out, err } = await bstar(quick);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.match(/ comes with \d+ prompt tokens$/gm)).toHaveLength(16);
  expect(out.match(/ ends after \d+ tokens \((stop|length)\): /gm)).toHaveLength(16);
  expect(out).toMatch(/^16 requests: \d+ prompt tokens in, \d+ tokens out/m);
  for (const name of ["tokens/s", "TTFT", "ITL", "steps", "tokens a step", "peak blocks", "preemptions"]) expect(out).toContain(`\n  ${name} `);
  expect(out).not.toContain("\u001b");
});

test("on a terminal it draws, and an interruption gives the terminal back and still sums up", async () => {
  const controller = new AbortController();
  const io = memoryIo({ terminal: { columns: 100, rows: 40, colorBits: 8 }, signal: controller.signal });
  const running = run(quick, io);
  while (!io.stdout.text.includes("\u001b[?2026h")) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await running).toBe(0);
  expect(io.stdout.text).toMatch(/\u001b\[\?25h\u001b\[\?1049l[^]*tokens a step/);
});

test("a reader that leaves ends it", async () => {
  const io = memoryIo();
  const running = run(quick, io);
  while (io.stdout.text === "") await new Promise((resolve) => setImmediate(resolve));
  io.stdout.failure = new OutputClosedError();
  expect(await running).toBe(0);
  expect(io.stderr.text).toBe("");
});
