import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Slo } from "../../sim/index.ts";
import { report } from "../../sim/report/report.ts";
import type { ReportRun } from "../../sim/report/report-run.ts";
import { type Config, loadName, seriesName, varyingKeys } from "../../sim/report/series.ts";
import type { RunRecord } from "./run-settings.ts";
import { writing } from "./writing.ts";

/** Writes a report of the runs into a folder; returns the page's path. Rejects with `MissingPackageError` without vega, `BstarError` where it cannot be written. */
export async function writeReport(folder: string, records: readonly RunRecord[]): Promise<string> {
  const configs = records.map(({ result }) => result.config);
  const varying = varyingKeys(configs);
  const runs = records.map((record): ReportRun => {
    const { config, seed: _, ...summary } = record.result;
    return { series: seriesName(config, varying), load: loadName(config), summary, curves: record.curves, timeline: record.timeline };
  });
  const files = await report(titleOf(configs), runs.toSorted(byLoad), sloOf(configs[0]));
  writing(folder, () => makeFolder(folder));
  for (const [name, text] of files) writing(join(folder, name), () => writeFileSync(join(folder, name), text));
  return join(folder, "report.html");
}

/** With those above it, one by one: below /proc, Node's way of making all at once never comes back. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** A line of a chart runs from the least load to the most. */
function byLoad(a: ReportRun, b: ReportRun): number {
  return a.summary.requests.submitted / a.summary.durationSeconds - b.summary.requests.submitted / b.summary.durationSeconds;
}

function titleOf(configs: readonly Config[]): string {
  const names = (key: string): string => [...new Set(configs.map((config) => config[key]).filter((value) => value !== undefined))].map((name) => basename(String(name))).join(", ");
  return `${names("model")} on ${names("gpu")}: ${names("trace") || names("workload")}`;
}

function sloOf({ sloTtft, sloTpot }: Config): Slo {
  return { ttftSeconds: sloTtft as number | undefined, tpotSeconds: sloTpot as number | undefined };
}
