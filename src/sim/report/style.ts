import type { ChartSpec } from "./report-run.ts";

/** Width of a chart that stands alone, in pixels; half of it side by side. */
export const WIDTH = 640;
export const HEIGHT = 300;

const INK = "#222";
const FAINT = "#ddd";

/**
 * Colours that differ in lightness, from dark to light, so that they do in grey: blues to yellows of the cividis map, which colour-blind
 * people can tell apart (Nuñez, Anderton and Renslow 2018). Dashes and marks say the same a second time.
 */
export const COLORS = ["#00204d", "#31446b", "#666970", "#958f78", "#cbba69", "#3f7fbf", "#8a3b3b", "#b0b0b0"];
export const DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3], [10, 4], [12, 2, 2, 2, 2, 2]];
export const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left"];

/** Series that a chart tells apart; more would not be read. */
export const MAX_SERIES = COLORS.length;

/** What all charts share: fonts, light grid, white ground for print. */
export const CONFIG: ChartSpec = {
  background: "white",
  font: "system-ui, sans-serif",
  axis: { labelColor: INK, titleColor: INK, gridColor: FAINT, domainColor: INK, tickColor: INK, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 12, orient: "bottom", columns: 2, labelLimit: 0, symbolStrokeWidth: 2, title: null },
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
  return { shape: { field: "series", type: "nominal", scale: { domain: series, range: SHAPES.slice(0, series.length) } } };
}

/** The series of the runs, in order of first appearance, at most `MAX_SERIES`. */
export function seriesNames(runs: readonly { readonly series: string }[]): string[] {
  return [...new Set(runs.map((run) => run.series))].slice(0, MAX_SERIES);
}
