import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Frame, FrameRow, Phase } from "../../../src/cli/demo/frame.ts";
import { render } from "../../../src/cli/demo/view.ts";

function row(id: string, phase: Phase, done = 0, of = 10): FrameRow {
  return {
    id,
    phase,
    progress: { done, of },
    prompt: "The old lighthouse",
    text: phase === "decode" ? " stood\non the hill." : "",
  };
}

const frame: Frame = {
  title: "builtin on reference",
  seconds: 1.25,
  rows: [
    row("tea", "decode", 5),
    row("long-story", "prefill", 64, 320),
    row("rain", "preempted"),
    row("poem", "waiting"),
    row("storm", "done", 10),
    row("late", "coming"),
  ],
  step: {
    index: 42,
    tokenBudget: 24,
    shares: [
      { row: 0, tokens: 1 },
      { row: 1, tokens: 15 },
    ],
  },
  history: [1, 24, 12, 0],
  blocks: [0, 1, 1, "held", "cached", "free"],
  running: 2,
  waiting: 2,
  finished: 1,
  preemptions: 1,
  tokensPerSecond: 99.6,
};
const plain = { columns: 100, rows: 40, colorBits: 1 };

describe("render", () => {
  test("says everything there is to see, without colours too", () => {
    expect(render(frame, plain).map((line) => line.trimEnd())).toEqual([
      " bstar  builtin on reference   1.3 s",
      " running 2      waiting 2      finished 1/6    preemptions 1      tokens/s 100",
      "",
      " a tea          decode    ━━━━━─────     5/10  The old lighthouse stood on the hill.",
      " b long-story   prefill   ━━────────   64/320  The old lighthouse",
      " c rain         preempted ──────────     0/10  The old lighthouse",
      " d poem         waiting   ──────────     0/10  The old lighthouse",
      " e storm        done      ━━━━━━━━━━    10/10  The old lighthouse",
      " f late         coming    ──────────     0/10",
      "",
      " step 42    16 of 24 tokens   1 decoding, 15 of prompts",
      ` aaa ${"bbb ".repeat(15)}${"··· ".repeat(8)}`.trimEnd(),
      " budget used ▁█▅▁",
      "",
      " KV blocks 4 held, 1 cached, 1 free of 6",
      " a b b ■ □ ·",
    ]);
  });

  test("with colours, request, tokens and blocks of one request have the same one", () => {
    const lines = render(frame, { ...plain, colorBits: 8 });
    const second = "\u001b[38;5;208m";
    expect(
      lines.filter((line) => line.includes(second)).map((line) => stripVTControlCharacters(line).slice(0, 6)),
    ).toEqual([" ◐ lon", " ▇▇▇ ▇", " ■ ■ ■"]);
  });

  test("a long text shows its end", () => {
    const rows = [{ ...frame.rows[0], text: ` ${"on and ".repeat(40)}on.` }];
    const line = render({ ...frame, rows }, { ...plain, columns: 80 })[3];
    expect(line).toMatch(/ …[on and]+ and on\.$/);
    expect(line).toHaveLength(79);
  });

  test("a small screen keeps the requests that are under way, and counts the rest", () => {
    const lines = render(frame, { ...plain, rows: 15 });
    expect(lines.length).toBeLessThanOrEqual(15);
    expect(lines.filter((line) => /^ [a-f] /.test(line)).map((line) => line[1])).toEqual(["a", "b", "c", "d", "a"]);
    expect(lines).toContain(" and 2 more");
  });

  test("a budget wider than the screen is scaled, and so is a pool of many blocks", () => {
    const wide = {
      ...frame,
      step: { index: 1, tokenBudget: 4096, shares: [{ row: 0, tokens: 2048 }] },
      blocks: new Array<number>(10_000).fill(0),
    };
    const lines = render(wide, plain);
    expect(lines).toContain(` ${"a".repeat(49)}${"·".repeat(49)}`);
    expect(lines.filter((line) => /^( a){30}/.test(line)).length).toBeLessThanOrEqual(6);
  });

  test("no line is wider and no frame higher than the screen, whatever its size", () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 4, 8),
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(300),
        (columns, rows, colorBits, tokenBudget, blockCount) => {
          const sized = {
            ...frame,
            step: {
              index: 1,
              tokenBudget,
              shares: [
                { row: 0, tokens: 1 },
                { row: 1, tokens: Math.floor(tokenBudget / 2) },
              ].slice(0, tokenBudget),
            },
            blocks: new Array<"free">(blockCount).fill("free"),
            history: new Array<number>(300).fill(tokenBudget),
          };
          const lines = render(sized, { columns, rows, colorBits });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
