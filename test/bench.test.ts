/** The bench runner's own arithmetic: units, quotients, and the table. No measured time is looked at. */
import { describe, expect, test } from "vitest";
import { Suite } from "../bench/bench.ts";
import { formatSeconds, formatTable } from "../bench/table.ts";

/** Long enough for a few samples, short enough for a test. */
const MILLISECONDS = 1;

describe("Suite", () => {
  test("makes one row a task, in order, with its aim and reference", async () => {
    const suite = new Suite(MILLISECONDS)
      .add("a", () => 1, { aim: "< 1 s", reference: "them" })
      .add("b", async () => 2);
    const rows = await suite.run();
    expect(rows.map(({ name, aim, reference }) => ({ name, aim, reference }))).toEqual([
      { name: "a", aim: "< 1 s", reference: "them" },
      { name: "b", aim: undefined, reference: undefined },
    ]);
  });

  test("divides by the operations of a call, and leaves the quotient of two tasks in the note", async () => {
    const fixed = (milliseconds: number) => () => ({ overriddenDuration: milliseconds });
    const suite = new Suite(MILLISECONDS)
      .add("one", fixed(2))
      .add("ten", fixed(10), { opsPerCall: 10 })
      .ratio("one / ten", "one", "ten", { aim: "< 3x" });
    const [one, ten, ratio] = await suite.run();
    expect([one.medianSeconds, ten.medianSeconds]).toEqual([0.002, 0.001]);
    expect(ratio).toEqual({ name: "one / ten", note: "2.00x", aim: "< 3x", reference: undefined });
  });

  test("passes on what a task throws, and names a task that a ratio misses", async () => {
    const failing = new Suite(MILLISECONDS).add("bad", () => {
      throw new Error("no such block");
    });
    await expect(failing.run()).rejects.toThrow("no such block");
    const incomplete = new Suite(MILLISECONDS).add("a", () => 1).ratio("a / b", "a", "b");
    await expect(incomplete.run()).rejects.toThrow(`ratio "a / b" names the task "b", which was not added`);
  });
});

describe("formatTable", () => {
  test.each([
    [2.5e-9, "2.5 ns"],
    [1.234e-5, "12.3 µs"],
    [0.0456, "45.6 ms"],
    [1234.5, "1,230 s"],
  ])("formatSeconds(%s)", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  test("lines up as Markdown and leaves empty columns out", () => {
    const rows = [
      { name: "step", medianSeconds: 2e-5, p99Seconds: 4e-5 },
      { name: "garbage", note: "0 bytes" },
    ];
    expect(formatTable(rows).split("\n")).toEqual([
      "| name    | median | p99   | ops/s  | note    |",
      "| ------- | ------ | ----- | ------ | ------- |",
      "| step    | 20 µs  | 40 µs | 50,000 |         |",
      "| garbage |        |       |        | 0 bytes |",
    ]);
  });
});
