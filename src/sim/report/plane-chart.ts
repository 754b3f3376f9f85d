import { readingTokensPerSecond } from "../../roofline/index.ts";
import type { Slo } from "../metrics.ts";
import { type Mark, marksOf } from "./marks.ts";
import type { Chart, ChartSpec, PlaneRun } from "./report-run.ts";
import { axis, CONFIG, HEIGHT, setupEncoding, shownRuns, WIDTH } from "./style.ts";

const MILLISECONDS = 1000;

/**
 * The plane of the talk: latency to the right, throughput upwards, a line a setup through its loads; better is up and
 * to the left. Left of the upright rule an answer comes faster than it is read, inside the box the promise is kept.
 */
export function planeChart(runs: readonly PlaneRun[], slo: Slo): Chart {
  const reading = MILLISECONDS / readingTokensPerSecond();
  const promised = slo.ttftSeconds !== undefined || slo.tpotSeconds !== undefined;
  const marks = marksOf(shownRuns(runs));
  const panel = (title: string, field: "tpot" | "ttft", layers: readonly ChartSpec[]): ChartSpec => ({
    width: WIDTH / 2,
    height: HEIGHT,
    layer: [...layers, ...lines(marks, runs, field, title)],
  });
  return {
    name: "plane",
    title: "Throughput and latency",
    caption:
      "Better is up and to the left. Each line is a setup, each mark a load (4/s: requests a second); " +
      "a hollow mark is saturated: " +
      "its queue grew. B* stands where the mean step reaches B*, the knee where throughput over latency is " +
      `greatest. Upright rule: reading speed, ${Math.round(reading)} ms a token.` +
      (promised ? " Shaded: where the promise is kept." : ""),
    spec: {
      config: CONFIG,
      hconcat: [
        panel("time a token, 90th percentile (ms)", "tpot", [
          ...box(slo.tpotSeconds, MILLISECONDS),
          rule(reading, "reading speed"),
        ]),
        panel("time to first token, 90th percentile (s)", "ttft", box(slo.ttftSeconds, 1)),
      ],
    },
  };
}

function lines(marks: readonly Mark[], runs: readonly PlaneRun[], field: "tpot" | "ttft", title: string): ChartSpec[] {
  const { color, strokeDash, shape } = setupEncoding(shownRuns(runs));
  const position = {
    x: { field, type: "quantitative", title, scale: { type: "log", nice: false, padding: 14 }, axis: axis() },
    y: { field: "throughput", type: "quantitative", title: "output tokens a second", axis: axis() },
    order: { field: "order" },
    detail: { field: "series" },
  };
  const values = marks.filter((mark) => (mark[field] ?? 0) > 0);
  const text = (of: "load" | "remark", mark: object): ChartSpec => ({
    data: { values: legible(values, of, field).map((each) => ({ ...each, load: shortLoad(each.load) })) },
    mark: { type: "text", fontSize: 10, ...mark },
    encoding: { ...position, text: { field: of } },
  });
  return [
    { data: { values }, mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...position, color, strokeDash } },
    {
      data: { values },
      mark: { type: "point", size: 60, strokeWidth: 1.5 },
      encoding: {
        ...position,
        color,
        shape,
        fill: color,
        fillOpacity: { condition: { test: "datum.saturated", value: 0 }, value: 1 },
        description: { field: "tip" },
      },
    },
    text("load", { dx: 7, dy: 10, align: "left", color: "#444" }),
    text("remark", { dx: -7, dy: -8, align: "right", fontWeight: "bold" }),
  ];
}

/** Room of a text at a mark, as shares of the panel: 30 or 50 by 13 pixels. */
const TEXT_WIDTH = { load: 30 / (WIDTH / 2), remark: 50 / (WIDTH / 2) };
const TEXT_HEIGHT = 13 / HEIGHT;

/** The marks whose texts can be read: of those that would cover each other the one with the most load. */
export function legible(marks: readonly Mark[], of: "load" | "remark", field: "tpot" | "ttft"): Mark[] {
  const places = marks.map((mark) => ({ mark, x: Math.log(mark[field]!), y: mark.throughput }));
  const width = TEXT_WIDTH[of] * Math.max(Number.MIN_VALUE, spanOf(places.map(({ x }) => x)));
  const height = TEXT_HEIGHT * Math.max(Number.MIN_VALUE, ...places.map(({ y }) => y));
  const kept: typeof places = [];
  for (const place of places.filter(({ mark }) => mark[of] !== "").toReversed()) {
    const isFree = kept.every(({ x, y }) => Math.abs(x - place.x) > width || Math.abs(y - place.y) > height);
    if (isFree) kept.push(place);
  }
  return kept.map(({ mark }) => mark);
}

function spanOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/** "4 requests/s" -> "4/s": the whole is in the tip. */
function shortLoad(load: string): string {
  return load.replace(" requests/s", "/s");
}

/** From the left up to `seconds`, in the axis's unit. */
function box(seconds: number | undefined, unit: number): ChartSpec[] {
  if (seconds === undefined) return [];
  return [
    {
      data: { values: [{ most: seconds * unit }] },
      mark: { type: "rect", color: "#eee", stroke: "#999", strokeDash: [2, 2] },
      encoding: { x: { field: "most", type: "quantitative", scale: { type: "log" } }, x2: { value: 0 } },
    },
  ];
}

/** An upright rule with its name at the top. */
function rule(value: number, label: string): ChartSpec {
  const x = { field: "value", type: "quantitative", scale: { type: "log" } };
  return {
    data: { values: [{ value, label }] },
    layer: [
      { mark: { type: "rule", strokeDash: [6, 4], color: "#555" }, encoding: { x } },
      {
        mark: { type: "text", align: "right", dx: -4, dy: 8, color: "#555" },
        encoding: { x, y: { value: 0 }, text: { field: "label" } },
      },
    ],
  };
}
