import { expect, test } from "vitest";
import { gpuNamed, modelNamed } from "../../../src/roofline/index.ts";
import { COMPARISON_HEAD, comparisonRows, measuredRuns } from "../../../src/sim/report/comparison.ts";
import { report } from "../../../src/sim/report/report.ts";
import type { ReportRun } from "../../../src/sim/report/report-run.ts";
import { simulate } from "../../../src/sim/simulate.ts";
import { GeneratedWorkload } from "../../../src/sim/workloads/generated.ts";

const arrivals = [0, 1, 2].map((at) => ({
  at,
  promptTokens: 200,
  outputTokens: 50,
  measured: { ttftSeconds: 0.5, e2eSeconds: 2 },
}));

async function runOn(gpu: string): Promise<ReportRun> {
  const workload = new GeneratedWorkload(arrivals);
  const run = await simulate({ gpu: gpuNamed(gpu), shape: modelNamed("llama-7b"), workload });
  return {
    series: gpu,
    setup: { hardware: gpu, model: "llama-7b", policy: "one policy" },
    settings: `gpu ${gpu}`,
    load: "",
    ...run,
  };
}

test("measured figures are drawn once and set beside those of each run", async () => {
  const runs = [await runOn("a10"), await runOn("h100")];
  expect(measuredRuns(runs)).toHaveLength(1);
  const rows = comparisonRows(runs);
  expect(rows).toHaveLength(6);
  for (const row of rows) expect(row).toHaveLength(COMPARISON_HEAD.length);
  expect(rows[0].slice(0, 2)).toEqual(["a10", "first token"]);
  expect(rows[0][3]).toBe("500 ms");
  expect(rows[3][4]).toMatch(/^-9\d(\.\d+)?%$/);
  const page = (await report("what if", runs)).get("report.html")!;
  expect(page).toContain("<h2>Measured and simulated</h2>");
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

test("without a recording there is nothing to compare", async () => {
  const run = await runOn("a10");
  const { measured: _, ...summary } = run.summary;
  expect([measuredRuns([{ ...run, summary }]), comparisonRows([{ ...run, summary }])]).toEqual([[], []]);
});
