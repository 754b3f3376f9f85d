import type { BenchRow } from "./bench.ts";

const HEADINGS = ["name", "median", "p99", "ops/s", "aim", "reference", "note"] as const;

/**
 * Rows as one Markdown table that also lines up in a terminal: what is printed can be pasted into docs/benchmarks.md.
 */
export function formatTable(rows: readonly BenchRow[]): string {
  const cells = [HEADINGS, ...rows.map(toCells)];
  const used = HEADINGS.map((_, column) => column < 1 || cells.slice(1).some((line) => line[column] !== ""));
  const shown = cells.map((line) => line.filter((_, column) => used[column]));
  const widths = shown[0].map((_, column) => Math.max(...shown.map((line) => line[column].length)));
  const [head, ...body] = shown.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`,
  );
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}

function toCells(row: BenchRow): string[] {
  const { medianSeconds, p99Seconds } = row;
  return [
    row.name,
    medianSeconds === undefined ? "" : formatSeconds(medianSeconds),
    p99Seconds === undefined ? "" : formatSeconds(p99Seconds),
    medianSeconds === undefined ? "" : formatRate(1 / medianSeconds),
    row.aim ?? "",
    row.reference ?? "",
    row.note ?? "",
  ];
}

/** Three significant digits with the unit that fits: 0.0000123 is "12.3 µs". */
export function formatSeconds(seconds: number): string {
  if (seconds < 1e-6) return `${round3(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${round3(seconds * 1e6)} µs`;
  if (seconds < 1) return `${round3(seconds * 1e3)} ms`;
  return `${round3(seconds)} s`;
}

function formatRate(perSecond: number): string {
  return Number.isFinite(perSecond) ? round3(perSecond) : "";
}

function round3(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
