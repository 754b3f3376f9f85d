import type { Chart, ReportRun } from "./report-run.ts";
import { axis, CONFIG, HEIGHT, setupEncoding, shownRuns, WIDTH } from "./style.ts";

/** What tokens cost at each load: dear while the hardware idles, cheap at the price of waiting. */
export function costChart(runs: readonly ReportRun[]): Chart {
  const shown = shownRuns(runs);
  const values = shown.map(({ series, setup, summary }, order) => ({
    series,
    ...setup,
    order,
    rate: summary.throughput.requestsPerSecond,
    cost: summary.cost.dollarsPerMillionOutputTokens,
    wait: summary.e2eSeconds.p90,
  }));
  const { color, strokeDash, shape } = setupEncoding(shown);
  const panel = (field: string, title: string) => {
    const position = {
      x: { field, type: "quantitative", title, scale: field === "wait" ? { type: "log" } : {}, axis: axis() },
      y: {
        field: "cost",
        type: "quantitative",
        title: "dollars a million output tokens",
        scale: { type: "log" },
        axis: axis(),
      },
      order: { field: "order" },
      detail: { field: "series" },
    };
    return {
      width: WIDTH / 2,
      height: HEIGHT,
      transform: [{ filter: "isValid(datum.cost) && datum.cost > 0" }],
      layer: [
        { mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...position, color, strokeDash } },
        { mark: { type: "point", filled: true, size: 50 }, encoding: { ...position, color, shape } },
      ],
    };
  };
  return {
    name: "cost",
    title: "Cost",
    caption:
      "Dollars a million output tokens, against the requests completed a second, " +
      "and against how long nine of ten answers take.",
    spec: {
      config: CONFIG,
      data: { values },
      hconcat: [panel("rate", "requests a second"), panel("wait", "whole answer, 90th percentile (s)")],
    },
  };
}
