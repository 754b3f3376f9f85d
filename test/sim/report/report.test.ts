import { beforeAll, describe, expect, test } from "vitest";
import { gpuNamed, modelNamed } from "../../../src/roofline/index.ts";
import { report } from "../../../src/sim/report/report.ts";
import type { ReportRun } from "../../../src/sim/report/report-run.ts";
import { simulate } from "../../../src/sim/simulate.ts";
import { poisson } from "../../../src/sim/workloads/open.ts";

const runs: ReportRun[] = [];
let files: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  for (const [series, rate] of [
    ["<b>a</b>", 1],
    ["<b>a</b>", 6],
    ["plain", 1],
    ["plain", 6],
  ] as const) {
    const workload = poisson({ rate, seed: 1, promptTokens: 64, outputTokens: 32 });
    const run = await simulate({ gpu: gpuNamed("a10"), shape: modelNamed("llama-7b"), workload, maxArrivals: 20 });
    const setup = { hardware: "1 x a10", model: "llama-7b", policy: series };
    runs.push({ series, setup, settings: `model llama-7b, rate ${rate}`, load: `${rate} requests/s`, ...run });
  }
  files = await report(`a & "b"`, runs, {
    slo: { ttftSeconds: 1, tpotSeconds: 0.1 },
    failed: [{ settings: "model <b>", message: "no room" }],
  });
});

test("is a page and an SVG a chart, of which three are timelines at most", () => {
  expect([...files.keys()]).toEqual([
    "plane.svg",
    "cost.svg",
    "distributions.svg",
    "timeline-1.svg",
    "timeline-2.svg",
    "timeline-3.svg",
    "report.html",
  ]);
  for (const [name, text] of files) if (name.endsWith(".svg")) expect(text).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
});

const page = () => files.get("report.html") as string;

describe("the page", () => {
  test("needs nothing beside it", () => {
    expect(page()).not.toMatch(/<script|<link|<img|@import|\bsrc=|url\((?!#)|href="(?!#)/);
    for (const [name, text] of files) if (name.endsWith(".svg")) expect(page()).toContain(text);
  });

  test("escapes names", () => {
    expect(page()).not.toContain("<b>");
    expect(page()).toContain("a &#38; &#34;b&#34;");
  });

  test("has a line of figures a run", () => {
    const rows = page().split("<table>")[1].split("</table>")[0].match(/<tr>/g);
    expect(rows).toHaveLength(1 + runs.length);
  });
});

test("the plane has the reading-speed rule, one legend entry a series, and no broken number", () => {
  const plane = files.get("plane.svg") as string;
  expect(plane).toContain("reading speed");
  expect(plane).toContain("plain");
  for (const text of files.values()) expect(text).not.toMatch(/NaN|Infinity|undefined/);
});

test("latency is across and throughput up; a pointer shows rate and cost, hollow marks are saturated", () => {
  const plane = files.get("plane.svg") as string;
  const titles = [...plane.matchAll(/aria-label="([XY])-axis titled '([^']*)'/g)].map(
    ([, axis, title]) => `${axis} ${title}`,
  );
  expect(titles).toEqual([
    "X time a token, 90th percentile (ms)",
    "Y output tokens a second",
    "X time to first token, 90th percentile (s)",
    "Y output tokens a second",
  ]);
  expect(plane).toMatch(/<title>plain, 6 requests\/s; [\d.]+ tokens\/s, .* a million output tokens; /);
  expect(plane).toContain("knee");
});

test("runs without a result are listed, and settings have a column", () => {
  expect(page()).toMatch(/Runs without a result[\s\S]*no room<br><small>model &#60;b&#62;<\/small>/);
  expect(page()).toContain("<td>model llama-7b, rate 6</td>");
  expect(page()).toContain("<th>$ a day</th>");
});

test("timelines show B*", () => expect(files.get("timeline-1.svg")).toContain("B*"));

test("a run in which nothing ran is drawn too", async () => {
  const empty = await simulate({
    gpu: gpuNamed("a10"),
    shape: modelNamed("llama-7b"),
    workload: poisson({ seed: 1 }),
    maxArrivals: 0,
  });
  const drawn = await report("empty", [
    { series: "none", setup: { hardware: "", model: "", policy: "" }, settings: "", load: "", ...empty },
  ]);
  expect(drawn.get("report.html")).toMatch(/<td>none<\/td>/);
  expect(page()).toContain("Shaded: where the promise is kept.");
  expect(drawn.get("report.html")).not.toContain("Shaded");
  expect(drawn.get("report.html")).not.toMatch(/NaN|Infinity|undefined/);
});
