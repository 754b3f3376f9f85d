import type { Chart, ReportRun } from "./report-run.ts";
import { CONFIG, HEIGHT, seriesEncoding, seriesNames, shapeEncoding, WIDTH } from "./style.ts";

/** What tokens cost at each load: dear while the hardware idles, cheap at the price of waiting. */
export function costChart(runs: readonly ReportRun[]): Chart {
  const series = seriesNames(runs);
  const values = runs.map(({ series: name, summary }, order) => ({
    series: name,
    order,
    rate: summary.throughput.requestsPerSecond,
    cost: summary.cost.dollarsPerMillionOutputTokens,
    wait: summary.e2eSeconds.p90,
  }));
  const panel = (field: string, title: string) => {
    const position = {
      x: { field, type: "quantitative", title, scale: field === "wait" ? { type: "log" } : {} },
      y: { field: "cost", type: "quantitative", title: "$ a million output tokens", scale: { type: "log" } },
      order: { field: "order" },
      detail: { field: "series" },
    };
    return {
      width: WIDTH / 2,
      height: HEIGHT,
      transform: [{ filter: { field: "series", oneOf: series } }, { filter: "isValid(datum.cost) && datum.cost > 0" }],
      layer: [
        { mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...position, ...seriesEncoding(series) } },
        { mark: { type: "point", filled: true, size: 50 }, encoding: { ...position, color: seriesEncoding(series)["color"], ...shapeEncoding(series) } },
      ],
    };
  };
  return {
    name: "cost",
    title: "Cost",
    caption: "Dollars a million output tokens, against the requests completed a second, and against how long nine of ten answers take.",
    spec: { config: CONFIG, data: { values }, hconcat: [panel("rate", "requests/s"), panel("wait", "whole answer, p90 (s)")] },
  };
}
