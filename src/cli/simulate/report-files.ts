import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Slo } from "../../sim/index.ts";
import { report } from "../../sim/report/report.ts";
import { assertCanRender } from "../../sim/report/render.ts";
import type { ReportRun } from "../../sim/report/report-run.ts";
import { type Config, loadName, seriesName, settingsText, setupOf, varyingKeys } from "../../sim/report/series.ts";
import type { FailedRun } from "./results-file.ts";
import type { RunRecord } from "./run-settings.ts";
import { writing } from "./writing.ts";

/**
 * Makes the folder of a report, before the runs that it is of. Rejects with `MissingPackageError` without vega,
 * `BstarError` where the folder or a page that is there already cannot be written.
 */
export async function prepareReport(folder: string): Promise<void> {
  await assertCanRender();
  writing(folder, () => {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error("it is no folder");
    accessSync(folder, constants.W_OK);
  });
  const page = pageOf(folder);
  if (existsSync(page)) writing(page, () => accessSync(page, constants.W_OK));
}

/**
 * Writes a report of the runs into a folder that `prepareReport` made; returns the page's path. Rejects with
 * `BstarError` where it cannot be written.
 */
export async function writeReport(
  folder: string,
  records: readonly RunRecord[],
  failed: readonly FailedRun[] = [],
): Promise<string> {
  const configs = records.map(({ result }) => result.config);
  const varying = varyingKeys(configs);
  const runs = records.map((record): ReportRun => {
    const { config, seed: _, ...summary } = record.result;
    const { curves, timeline } = record;
    return {
      series: seriesName(config, varying),
      setup: setupOf(config, varying),
      settings: settingsText(config),
      load: loadName(config),
      summary,
      curves,
      timeline,
    };
  });
  const lost = failed.map(({ key, error }) => ({
    settings: settingsText(JSON.parse(key) as Config),
    message: error.message,
  }));
  const files = await report(titleOf(configs), runs.toSorted(byLoad), { slo: sloOf(configs[0]), failed: lost });
  for (const [name, text] of files) writing(join(folder, name), () => writeFileSync(join(folder, name), text));
  return pageOf(folder);
}

function pageOf(folder: string): string {
  return join(folder, "report.html");
}

/** Creates parent folders one by one: below /proc, Node's recursive `mkdir` never returns. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** A line of a chart runs from the least load to the most. */
function byLoad(a: ReportRun, b: ReportRun): number {
  return (
    a.summary.requests.submitted / a.summary.durationSeconds - b.summary.requests.submitted / b.summary.durationSeconds
  );
}

function titleOf(configs: readonly Config[]): string {
  const names = (key: string): string =>
    [...new Set(configs.map((config) => config[key]).filter((value) => value !== undefined))]
      .map((name) => basename(String(name)))
      .join(", ");
  return `${names("model")} on ${names("gpu")}: ${names("trace") || names("workload")}`;
}

function sloOf({ sloTtft, sloTpot }: Config): Slo {
  return { ttftSeconds: sloTtft as number | undefined, tpotSeconds: sloTpot as number | undefined };
}
