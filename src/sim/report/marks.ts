import { formatSeconds, significant } from "../../roofline/format.ts";
import type { PlaneRun } from "./report-run.ts";

/** A run as a chart shows it. Times are null where nothing was measured. */
export interface Mark {
  readonly series: string;
  readonly hardware: string;
  readonly model: string;
  readonly policy: string;
  readonly load: string;
  readonly order: number;
  /** Output tokens a second. */
  readonly throughput: number;
  /** Milliseconds a token, 90th percentile. */
  readonly tpot: number | null;
  /** Seconds to the first token, 90th percentile. */
  readonly ttft: number | null;
  readonly saturated: boolean;
  /** "B*", "knee", both or nothing. */
  readonly remark: string;
  /** What a pointer shows. */
  readonly tip: string;
}

const MILLISECONDS = 1000;

/** The runs as marks, in their order. */
export function marksOf(runs: readonly PlaneRun[]): Mark[] {
  const remarks = remarksOf(runs);
  return runs.map((run, order) => {
    const { series, setup, load, summary } = run;
    const tpot = summary.tpotSeconds.p90;
    return {
      series,
      ...setup,
      load,
      order,
      throughput: summary.throughput.outputTokensPerSecond,
      tpot: tpot === null ? null : tpot * MILLISECONDS,
      ttft: summary.ttftSeconds.p90,
      saturated: isSaturated(run),
      remark: remarks[order].join(", "),
      tip: tipOf(run),
    };
  });
}

/** Of a queue that grew: waiting requests over running ones, and fewest that wait, in the mean. */
const SATURATED_QUEUE = 1 / 4;
const FEWEST_WAITING = 4;

/**
 * More came than was served: in the mean, a fourth as many requests waited as ran. A few always wait for the step that
 * runs.
 */
export function isSaturated({ summary, isSaturated: isKnown }: PlaneRun): boolean {
  const [queue, whole] = [summary.queueSeconds?.mean ?? null, summary.e2eSeconds.mean];
  if (isKnown !== undefined || queue === null || whole === null) return isKnown ?? false;
  const { requestsPerSecond } = summary.throughput;
  return queue > SATURATED_QUEUE * (whole - queue) && queue * requestsPerSecond > FEWEST_WAITING;
}

/**
 * Of each series with several loads, the first whose mean step reaches B*, and the knee: most throughput over latency
 * (Kleinrock's power, 1979).
 */
function remarksOf(runs: readonly PlaneRun[]): string[][] {
  const remarks: string[][] = runs.map(() => []);
  for (const series of new Set(runs.map((run) => run.series))) {
    const own = runs.flatMap((run, index) => (run.series === series ? [index] : []));
    if (own.length < 2) continue;
    const atBStar = own.find((index) => (runs[index].summary.bStar?.meanUse ?? 0) >= 1);
    if (atBStar !== undefined) remarks[atBStar].push("B*");
    const knee = own.toSorted((a, b) => powerOf(runs[b]) - powerOf(runs[a]))[0];
    remarks[knee].push("knee");
  }
  return remarks;
}

function powerOf({ summary }: PlaneRun): number {
  const { p90 } = summary.e2eSeconds;
  return p90 === null || p90 === 0 ? 0 : summary.throughput.outputTokensPerSecond / p90;
}

function tipOf(run: PlaneRun): string {
  const { series, load, summary } = run;
  const { throughput, cost, tpotSeconds, ttftSeconds, bStar } = summary;
  const seconds = (value: number | null): string => (value === null ? "-" : formatSeconds(value));
  return [
    [series, load].filter((part) => part !== "").join(", "),
    `${significant(throughput.outputTokensPerSecond)} tokens/s, ` +
      `${significant(throughput.requestsPerSecond)} requests/s`,
    `a token ${seconds(tpotSeconds.p90)}, first token ${seconds(ttftSeconds.p90)} (90th percentiles)`,
    typeof cost?.dollarsPerMillionOutputTokens === "number"
      ? `$${significant(cost.dollarsPerMillionOutputTokens)} a million output tokens`
      : "",
    bStar === undefined ? "" : `mean step ${significant(100 * bStar.meanUse)}% of B*`,
    isSaturated(run) ? "saturated" : "",
  ]
    .filter((part) => part !== "")
    .join("; ");
}
