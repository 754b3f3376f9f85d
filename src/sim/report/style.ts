import type { ChartSpec, PlaneRun } from "./report-run.ts";

/** Width of a chart that stands alone, in pixels; half of it side by side. */
export const WIDTH = 640;
export const HEIGHT = 300;

const INK = "#222";
const FAINT = "#ddd";

/**
 * Colours that colour-blind people tell apart (Okabe and Ito 2008, without its yellow), in an order in which neighbours
 * differ in lightness, so that they do in grey. Dashes and marks say what colours do not.
 */
export const COLORS = ["#0b2e59", "#d55e00", "#009e73", "#5a2a6e", "#56b4e9", "#7a4a00", "#cc79a7", "#6b6b6b"];
export const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
  [4, 4],
  [1, 3],
  [10, 4],
  [12, 2, 2, 2, 2, 2],
];
export const SHAPES = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "triangle-down",
  "triangle-right",
  "triangle-left",
];

/** Series that a chart tells apart; more would not be read. */
export const MAX_SERIES = COLORS.length;

/** What all charts share: fonts, light grid, white ground for print. */
export const CONFIG: ChartSpec = {
  background: "white",
  font: "system-ui, sans-serif",
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: FAINT,
    domainColor: INK,
    tickColor: INK,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 12,
    orient: "bottom",
    columns: 2,
    labelLimit: 0,
    symbolStrokeWidth: 2,
    title: null,
  },
  header: { labelFontSize: 12, titleFontSize: 12, labelColor: INK },
  view: { stroke: FAINT },
};

/** Colour, dash and mark of each series, with one legend. */
export function seriesEncoding(series: readonly string[]): ChartSpec {
  const scale = (range: readonly unknown[]) => ({ domain: series, range: range.slice(0, series.length) });
  return {
    color: { field: "series", type: "nominal", scale: scale(COLORS) },
    strokeDash: { field: "series", type: "nominal", scale: scale(DASHES) },
  };
}

export function shapeEncoding(series: readonly string[]): ChartSpec {
  return {
    shape: { field: "series", type: "nominal", scale: { domain: series, range: SHAPES.slice(0, series.length) } },
  };
}

/** The series of the runs, in order of first appearance, at most `MAX_SERIES`. */
export function seriesNames(runs: readonly { readonly series: string }[]): string[] {
  return [...new Set(runs.map((run) => run.series))].slice(0, MAX_SERIES);
}

/** Runs of the series that a chart tells apart. */
export function shownRuns<Run extends PlaneRun>(runs: readonly Run[]): Run[] {
  const series = seriesNames(runs);
  return runs.filter((run) => series.includes(run.series));
}

/** Colour is hardware, dash is model, shape is policy; a legend where there is more than one. */
export function setupEncoding(runs: readonly PlaneRun[]): {
  readonly color: ChartSpec;
  readonly strokeDash: ChartSpec;
  readonly shape: ChartSpec;
} {
  const channel = (field: keyof PlaneRun["setup"], range: readonly unknown[]): ChartSpec => {
    const names = [...new Set(runs.map(({ setup }) => setup[field]))];
    const domain = names.slice(0, range.length);
    return {
      field,
      type: "nominal",
      scale: { domain, range: range.slice(0, domain.length) },
      legend: domain.length > 1 ? { title: field } : null,
    };
  };
  return { color: channel("hardware", COLORS), strokeDash: channel("model", DASHES), shape: channel("policy", SHAPES) };
}

/** Numbers as people write them: 1,000 and 0.05, without exponents. */
export function axis(): ChartSpec {
  return { format: ",~f", labelOverlap: "greedy" };
}
