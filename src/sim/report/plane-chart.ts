import { readingTokensPerSecond } from "../../roofline/index.ts";
import type { Slo } from "../metrics.ts";
import type { Chart, ChartSpec, ReportRun } from "./report-run.ts";
import { CONFIG, HEIGHT, seriesEncoding, seriesNames, shapeEncoding, WIDTH } from "./style.ts";

const MILLISECONDS = 1000;

/**
 * The plane of the talk: throughput to the right, time a token upwards, a line a setup through its loads; below the reading-speed line an
 * answer comes faster than it is read, inside the box the promise is kept.
 */
export function planeChart(runs: readonly ReportRun[], slo: Slo): Chart {
  const panel = (title: string, field: string, layers: readonly ChartSpec[]): ChartSpec => ({
    width: WIDTH / 2,
    height: HEIGHT,
    layer: [...layers, ...lines(runs, field, title)],
  });
  const reading = MILLISECONDS / readingTokensPerSecond();
  const promised = slo.ttftSeconds !== undefined || slo.tpotSeconds !== undefined;
  return {
    name: "plane",
    title: "Throughput and latency",
    caption: `Each line is a setup, each mark a load. Dashed rule: reading speed, ${Math.round(reading)} ms a token.${promised ? " Shaded: where the promise is kept." : ""}`,
    spec: {
      config: CONFIG,
      data: { values: rows(runs) },
      hconcat: [
        panel("time a token, p90 (ms)", "tpot", [...box(slo.tpotSeconds), rule(reading, "reading speed")]),
        panel("time to first token, p90 (s)", "ttft", box(slo.ttftSeconds === undefined ? undefined : slo.ttftSeconds / MILLISECONDS)),
      ],
    },
  };
}

function rows(runs: readonly ReportRun[]): object[] {
  return runs.map(({ series, load, summary }, order) => ({
    series,
    load,
    order,
    throughput: summary.throughput.outputTokensPerSecond,
    tpot: summary.tpotSeconds.p90 === null ? null : summary.tpotSeconds.p90 * MILLISECONDS,
    ttft: summary.ttftSeconds.p90,
  }));
}

function lines(runs: readonly ReportRun[], field: string, title: string): ChartSpec[] {
  const series = seriesNames(runs);
  const position = {
    x: { field: "throughput", type: "quantitative", title: "output tokens/s" },
    y: { field, type: "quantitative", title, scale: { type: "log", nice: false, padding: 10 } },
    order: { field: "order" },
    detail: { field: "series" },
  };
  const keep = [{ filter: { field: "series", oneOf: series } }, { filter: `isValid(datum.${field}) && datum.${field} > 0` }];
  return [
    { transform: keep, mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...position, ...seriesEncoding(series) } },
    { transform: keep, mark: { type: "point", filled: true, size: 50 }, encoding: { ...position, color: seriesEncoding(series)["color"], ...shapeEncoding(series) } },
  ];
}

/** From the bottom up to `seconds`, in the axis's thousandths. */
function box(seconds: number | undefined): ChartSpec[] {
  if (seconds === undefined) return [];
  return [
    {
      data: { values: [{ top: seconds * MILLISECONDS }] },
      mark: { type: "rect", color: "#eee", stroke: "#999", strokeDash: [2, 2] },
      encoding: { y: { field: "top", type: "quantitative", scale: { type: "log" } }, y2: { value: HEIGHT } },
    },
  ];
}

function rule(value: number, label: string): ChartSpec {
  const data = { values: [{ value, label }] };
  const y = { field: "value", type: "quantitative" };
  return {
    data,
    layer: [
      { mark: { type: "rule", strokeDash: [6, 4], color: "#555" }, encoding: { y } },
      { mark: { type: "text", align: "left", dx: 4, dy: -6, color: "#555" }, encoding: { y, x: { value: 0 }, text: { field: "label" } } },
    ],
  };
}
