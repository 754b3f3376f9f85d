import type { Slo } from "../metrics.ts";
import { measuredRuns } from "./comparison.ts";
import { costChart } from "./cost-chart.ts";
import { distributionChart, spread } from "./distribution-chart.ts";
import { reportPage } from "./page.ts";
import { planeChart } from "./plane-chart.ts";
import { renderSvg } from "./render.ts";
import type { Chart, FailedReportRun, ReportRun } from "./report-run.ts";
import { timelineChart } from "./timeline-chart.ts";

/** Runs whose timeline is drawn, spread over all: a page with more would not be read. */
const MAX_TIMELINES = 3;

/** Files of a report, by name. */
export type ReportFiles = ReadonlyMap<string, string>;

export interface ReportOptions {
  /** The promise that the plane shades. */
  readonly slo?: Slo;
  /** Runs that gave no result: the page lists them. */
  readonly failed?: readonly FailedReportRun[];
}

/**
 * Draws a page and its charts as files: `report.html`, which needs nothing beside it, and an SVG a chart. Runs that
 * completed nothing are in the page's table alone. Rejects with `MissingPackageError` without vega.
 */
export async function report(
  title: string,
  runs: readonly ReportRun[],
  { slo = {}, failed = [] }: ReportOptions = {},
): Promise<ReportFiles> {
  const charts = chartsOf(
    runs.filter(({ summary }) => summary.requests.completed > 0),
    slo,
  );
  const files = new Map<string, string>();
  const drawn = [];
  for (const chart of charts) {
    const svg = await renderSvg(chart.spec);
    files.set(`${chart.name}.svg`, svg);
    drawn.push({ title: chart.title, caption: chart.caption, svg });
  }
  files.set("report.html", reportPage(title, { runs, failed, charts: drawn }));
  return files;
}

function chartsOf(runs: readonly ReportRun[], slo: Slo): Chart[] {
  if (runs.length === 0) return [];
  return [
    planeChart([...runs, ...measuredRuns(runs)], slo),
    costChart(runs),
    distributionChart(runs),
    ...spread(runs, MAX_TIMELINES).map(timelineChart),
  ];
}
