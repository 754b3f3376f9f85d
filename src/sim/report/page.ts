import { formatSeconds, significant } from "../../roofline/format.ts";
import { COMPARISON_HEAD, comparisonRows } from "./comparison.ts";
import { labelOf } from "./distribution-chart.ts";
import { isSaturated } from "./marks.ts";
import type { FailedReportRun, ReportRun } from "./report-run.ts";

/** A chart that was drawn. */
export interface DrawnChart {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; } figcaption { color: #444; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }`;

export interface PageContent {
  readonly runs: readonly ReportRun[];
  readonly failed: readonly FailedReportRun[];
  readonly charts: readonly DrawnChart[];
}

/** One HTML page that needs nothing beside it: the charts are in it, there is no script. */
export function reportPage(title: string, { runs, failed, charts }: PageContent): string {
  const figures = charts.map(
    ({ title: heading, caption, svg }) =>
      `<h2>${escape(heading)}</h2>\n<figure>\n${svg}\n<figcaption>${escape(caption)}</figcaption>\n</figure>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${escape(title)}</h1>
${figures.join("\n")}
<h2>Runs</h2>
<div class="scroll">
${table(
  COLUMNS.map(([name]) => name),
  runs.map((run) => COLUMNS.map(([, cell]) => cell(run))),
)}
</div>
${comparison(runs)}${failures(failed)}</body>
</html>
`;
}

const COLUMNS: readonly (readonly [string, (run: ReportRun) => string])[] = [
  ["run", labelOf],
  ["completed", ({ summary }) => significant(summary.requests.completed)],
  ["requests/s", ({ summary }) => significant(summary.throughput.requestsPerSecond)],
  ["output tokens/s", ({ summary }) => significant(summary.throughput.outputTokensPerSecond)],
  ["TTFT mean", ({ summary }) => seconds(summary.ttftSeconds.mean)],
  ["TTFT p99", ({ summary }) => seconds(summary.ttftSeconds.p99)],
  ["TPOT mean", ({ summary }) => seconds(summary.tpotSeconds.mean)],
  ["ITL p99", ({ summary }) => seconds(summary.itlSeconds.p99)],
  ["saturated", (run) => (isSaturated(run) ? "yes" : "")],
  ["goodput", ({ summary }) => (summary.goodput === undefined ? "" : `${significant(100 * summary.goodput.share)}%`)],
  ["KV peak", ({ summary }) => `${significant(100 * summary.kv.peakUse)}%`],
  ["preempted", ({ summary }) => significant(summary.kv.preemptions)],
  ["prefix hits", ({ summary }) => `${significant(100 * summary.kv.prefixHitRate)}%`],
  [
    "$/M output",
    ({ summary }) =>
      summary.cost.dollarsPerMillionOutputTokens === null
        ? ""
        : significant(summary.cost.dollarsPerMillionOutputTokens),
  ],
  ["$ a day", ({ summary }) => significant(summary.cost.dollarsPerDay)],
  ["settings", ({ settings }) => settings],
];

/** A heading and a line a run; nothing where none failed. */
function failures(failed: readonly FailedReportRun[]): string {
  if (failed.length === 0) return "";
  const lines = failed.map(
    ({ settings, message }) => `<li>${escape(message)}<br><small>${escape(settings)}</small></li>`,
  );
  return `<h2>Runs without a result</h2>\n<ul>\n${lines.join("\n")}\n</ul>\n`;
}

/** A heading and a table; nothing where no run replays a recording. */
function comparison(runs: readonly ReportRun[]): string {
  const rows = comparisonRows(runs);
  if (rows.length === 0) return "";
  return `<h2>Measured and simulated</h2>\n<div class="scroll">\n${table(COMPARISON_HEAD, rows)}\n</div>\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${[line(head, "th"), ...rows.map((row) => line(row, "td"))].join("\n")}\n</table>`;
}

function seconds(value: number | null): string {
  return value === null ? "" : formatSeconds(value);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
