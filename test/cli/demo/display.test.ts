import { describe, expect, test } from "vitest";
import { eventLine, showLive, showPlain, stateLine } from "../../../src/cli/demo/display.ts";
import type { Frame } from "../../../src/cli/demo/frame.ts";
import { MemoryOutput } from "../../support/cli-io.ts";

const frame: Frame = {
  title: "builtin on reference",
  seconds: 3.141,
  rows: [{ id: "tea", phase: "decode", progress: { done: 1, of: 4 }, prompt: "How", text: " to" }],
  step: { index: 7, tokenBudget: 24, shares: [{ row: 0, tokens: 1 }] },
  history: [1],
  blocks: [0, "held", "cached", "free"],
  running: 1,
  waiting: 0,
  finished: 0,
  preemptions: 0,
  tokensPerSecond: 1,
};

test("lines about what happened and about where things are", () => {
  expect(eventLine({ at: 1.5, id: "tea", what: "ends\nhere" })).toBe("   1.50 s  tea ends here\n");
  expect(stateLine(frame)).toBe(
    "   3.14 s  step 7: 1 of 24 tokens, 1 running, 0 waiting, 0 of 1 finished, 2 of 4 blocks held\n",
  );
});

describe("showPlain", () => {
  test("writes all news, the last too, and a state line when a second has passed", async () => {
    const over = new AbortController();
    const out = new MemoryOutput();
    const news = ["first\n", "second\n"];
    let frames = 0;
    const next = (): Frame => {
      if (++frames === 3) over.abort();
      return { ...frame, seconds: 0.5 * frames };
    };
    await showPlain(out, next, () => news.shift() ?? "", over.signal);
    expect(out.writes).toEqual(["first\n", `second\n${stateLine({ ...frame, seconds: 1 })}`]);
  });

  test("the end comes with the rest of the news", async () => {
    const out = new MemoryOutput();
    await showPlain(
      out,
      () => frame,
      () => "last words\n",
      AbortSignal.abort(),
    );
    expect(out.text).toBe("last words\n");
  });
});

describe("showLive", () => {
  const terminal = { columns: 60, rows: 12, colorBits: 1 };

  test("draws on the second page, and leaves the last frame, all of it, on the first", async () => {
    const over = new AbortController();
    const out = new MemoryOutput(terminal);
    let frames = 0;
    await showLive(out, () => (++frames === 2 && over.abort(), { ...frame, seconds: frames }), over.signal);
    const [first, last] = out.text.split("\u001b[?1049l");
    expect(first).toContain("\u001b[?1049h");
    expect(first).toContain("1.0 s");
    expect(last).toContain("3.0 s");
    expect(last.trimEnd().split("\n").length).toBeGreaterThan(9);
    expect(last).not.toContain("\u001b");
  });

  test("gives the terminal back where writing or looking fails", async () => {
    const out = new MemoryOutput(terminal);
    const broken = (): Frame => {
      throw new Error("broken");
    };
    await expect(showLive(out, broken, new AbortController().signal)).rejects.toThrow("broken");
    expect(out.text.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
  });
});
