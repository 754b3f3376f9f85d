import type { Curves } from "../simulate.ts";
import type { Chart, ReportRun } from "./report-run.ts";
import { axis, CONFIG, MAX_SERIES, seriesEncoding, WIDTH } from "./style.ts";

const PANELS: readonly (readonly [keyof Curves, string])[] = [
  ["ttftSeconds", "to first token (s)"],
  ["itlSeconds", "between tokens (s)"],
  ["tpotSeconds", "a token, mean of a request (s)"],
  ["e2eSeconds", "whole answer (s)"],
];

/** Cumulative distributions of a few runs, spread evenly over all. */
export function distributionChart(runs: readonly ReportRun[]): Chart {
  const shown = spread(runs, MAX_SERIES);
  const series = shown.map(labelOf);
  const panels = PANELS.map(([field, title]) => ({
    width: WIDTH / 2 - 20,
    height: 200,
    data: { values: shown.flatMap((run) => rows(run, field)) },
    mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
    encoding: {
      x: { field: "value", type: "quantitative", title, scale: { type: "log" }, axis: axis() },
      y: { field: "share", type: "quantitative", title: "share", axis: { format: "%" } },
      order: { field: "share" },
      ...seriesEncoding(series),
    },
  }));
  return {
    name: "distributions",
    title: "Distributions",
    caption: "Share of requests (between tokens: of tokens) that took at most so long; times are logarithmic.",
    spec: { config: CONFIG, vconcat: [{ hconcat: panels.slice(0, 2) }, { hconcat: panels.slice(2) }] },
  };
}

/** Names a run among all. */
export function labelOf({ series, load }: ReportRun): string {
  return [series, load].filter((part) => part !== "").join(", ");
}

/** `count` of the items at most, first and last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]);
}

/** Zero has no logarithm: a request that waited for nothing is left out. */
function rows(run: ReportRun, field: keyof Curves): object[] {
  const curve = run.curves[field];
  const series = labelOf(run);
  return curve.map((value, i) => ({ series, value, share: i / (curve.length - 1) })).filter(({ value }) => value > 0);
}
