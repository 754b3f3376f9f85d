import { formatSeconds, significant } from "../../roofline/format.ts";
import type { DistributionSummary } from "../distribution.ts";
import { labelOf } from "./distribution-chart.ts";
import type { PlaneRun, ReportRun } from "./report-run.ts";

/** What a server measured of the runs' requests, as the plane draws it: once, however many runs replay it. */
export function measuredRuns(runs: readonly ReportRun[]): PlaneRun[] {
  const drawn = new Map<string, PlaneRun>();
  for (const { setup, load, summary } of runs) {
    if (summary.measured === undefined) continue;
    drawn.set(JSON.stringify(summary.measured), {
      series: "measured",
      setup: { hardware: "measured", model: setup.model, policy: "measured" },
      load,
      summary: summary.measured,
    });
  }
  return [...drawn.values()];
}

const LATENCIES = [
  ["first token", "ttftSeconds"],
  ["a token", "tpotSeconds"],
  ["whole answer", "e2eSeconds"],
] as const;

const COLUMNS = ["mean", "p50", "p90", "p99"] as const satisfies readonly (keyof DistributionSummary)[];

export const COMPARISON_HEAD: readonly string[] = [
  "run",
  "",
  ...COLUMNS.flatMap((name) => [name, "measured", "off by"]),
];

/** Lines of a table that sets simulated figures beside measured ones; none without a recording. */
export function comparisonRows(runs: readonly ReportRun[]): string[][] {
  return runs.flatMap((run) => {
    const { measured } = run.summary;
    if (measured === undefined) return [];
    return LATENCIES.map(([name, key]) => [
      labelOf(run),
      name,
      ...COLUMNS.flatMap((column) => cells(run.summary[key][column], measured[key][column])),
    ]);
  });
}

function cells(simulated: number | null, measured: number | null): string[] {
  const shown = (value: number | null): string => (value === null ? "" : formatSeconds(value));
  const isKnown = simulated !== null && measured !== null && measured > 0;
  return [shown(simulated), shown(measured), isKnown ? signed(simulated / measured - 1) : ""];
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${significant(100 * share)}%`;
}
