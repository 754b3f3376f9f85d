import { labelOf } from "./distribution-chart.ts";
import type { Chart, ChartSpec, ReportRun } from "./report-run.ts";
import { COLORS, CONFIG, WIDTH } from "./style.ts";

/** What happened over time in one run: the cache, the queue, and what steps were made of. */
export function timelineChart(run: ReportRun, index: number): Chart {
  const values = run.timeline.map((point) => ({ ...point, end: point.at + point.seconds }));
  return {
    name: `timeline-${index + 1}`,
    title: `Over time: ${labelOf(run)}`,
    caption:
      "Share of blocks held; requests in a step and waiting; tokens a step, prompts' above answers', " +
      "with B* as a dashed rule.",
    spec: {
      config: CONFIG,
      data: { values },
      vconcat: [cacheRow(), requestRow(), stepRow(run)],
      spacing: 8,
      resolve: { scale: { color: "independent", strokeDash: "independent" } },
    },
  };
}

const TIME = { field: "at", type: "quantitative", axis: { title: null, labels: false } };

function cacheRow(): ChartSpec {
  return {
    width: WIDTH,
    height: 110,
    mark: { type: "area", color: "#bbb", line: { color: "#333" }, interpolate: "step-after" },
    encoding: {
      x: TIME,
      y: {
        field: "kvUse",
        type: "quantitative",
        title: "KV blocks held",
        axis: { format: "%" },
        scale: { domain: [0, 1] },
      },
    },
  };
}

function requestRow(): ChartSpec {
  const names = ["running", "waiting"];
  return {
    width: WIDTH,
    height: 110,
    transform: [{ fold: names, as: ["what", "requests"] }],
    mark: { type: "line", interpolate: "step-after", strokeWidth: 1.5 },
    encoding: {
      x: TIME,
      y: { field: "requests", type: "quantitative", title: "requests" },
      color: { field: "what", type: "nominal", scale: { domain: names, range: [COLORS[0], COLORS[3]] } },
      strokeDash: {
        field: "what",
        type: "nominal",
        scale: {
          domain: names,
          range: [
            [1, 0],
            [4, 3],
          ],
        },
      },
    },
  };
}

function stepRow(run: ReportRun): ChartSpec {
  const names = ["decodeTokens", "promptTokens"];
  const labels = { decodeTokens: "tokens of answers", promptTokens: "tokens of prompts" };
  return {
    width: WIDTH,
    height: 140,
    layer: [
      {
        transform: [
          { fold: names, as: ["what", "tokens"] },
          {
            calculate: `datum.what == 'decodeTokens' ? '${labels.decodeTokens}' : '${labels.promptTokens}'`,
            as: "kind",
          },
        ],
        mark: { type: "area", interpolate: "step-after" },
        encoding: {
          x: { ...TIME, axis: { title: "seconds" } },
          y: { field: "tokens", type: "quantitative", title: "tokens a step", stack: "zero" },
          color: {
            field: "kind",
            type: "nominal",
            scale: { domain: [labels.decodeTokens, labels.promptTokens], range: [COLORS[0], COLORS[4]] },
          },
          order: { field: "what", sort: "ascending" },
        },
      },
      {
        data: { values: [{ tokens: run.summary.bStar.tokens, label: "B*" }] },
        layer: [
          { mark: { type: "rule", strokeDash: [6, 4] }, encoding: { y: { field: "tokens", type: "quantitative" } } },
          {
            mark: { type: "text", align: "right", dx: -4, dy: -6 },
            encoding: { y: { field: "tokens", type: "quantitative" }, x: { value: WIDTH }, text: { field: "label" } },
          },
        ],
      },
    ],
    resolve: { scale: { color: "independent" } },
  };
}
