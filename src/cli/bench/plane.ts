import { writeFileSync } from "node:fs";
import type { Slo } from "../../sim/index.ts";
import { planeChart } from "../../sim/report/plane-chart.ts";
import { renderSvg } from "../../sim/report/render.ts";
import type { PlaneRun } from "../../sim/report/report-run.ts";
import { runSettings } from "../simulate/run-settings.ts";
import { type Settings, settingsOf } from "../simulate/settings.ts";
import { writing } from "../simulate/writing.ts";
import { isSaturated, type Load, type Measured } from "./measured.ts";
import type { BenchServeOptions } from "./options.ts";
import { workloadName } from "./workload.ts";

/**
 * Draws the measured runs in the plane of throughput and latency, and beside them, where a GPU and a model's shape are
 * given, what the simulator says of the same loads. Rejects with `MissingPackageError` without vega.
 */
export async function writePlane(
  file: string,
  { runs, options, model }: { runs: readonly Measured[]; options: BenchServeOptions; model: string },
): Promise<void> {
  const slo: Slo = { ttftSeconds: options.sloTtft, tpotSeconds: options.sloTpot };
  const loads = runs.map(({ load }) => load);
  const drawn = [...runs.map((run) => measuredRun(run, model)), ...(await simulatedRuns(loads, options))];
  const svg = await renderSvg(planeChart(drawn, slo).spec);
  writing(file, () => writeFileSync(file, svg));
}

function measuredRun(run: Measured, model: string): PlaneRun {
  const perSecond = (count: number): number => (run.durationSeconds === 0 ? 0 : count / run.durationSeconds);
  return {
    series: "measured",
    setup: { hardware: "measured", model, policy: "measured" },
    load: loadText(run.load),
    isSaturated: isSaturated(run),
    summary: {
      throughput: {
        requestsPerSecond: perSecond(run.completed),
        outputTokensPerSecond: perSecond(run.outputTokens),
        totalTokensPerSecond: perSecond(run.inputTokens + run.outputTokens),
      },
      ttftSeconds: run.ttft.summary(),
      tpotSeconds: run.tpot.summary(),
      e2eSeconds: run.e2e.summary(),
    },
  };
}

async function simulatedRuns(loads: readonly Load[], options: BenchServeOptions): Promise<PlaneRun[]> {
  const { gpu, shape } = options;
  if (gpu === undefined || shape === undefined) return [];
  const drawn: PlaneRun[] = [];
  for (const load of loads) {
    const { result } = await runSettings(settingsFor(load, { ...options, gpu, shape }));
    const hardware = `simulated: ${gpu}`;
    drawn.push({
      series: hardware,
      setup: { hardware, model: shape, policy: "simulated" },
      load: loadText(load),
      summary: result,
    });
  }
  return drawn;
}

/** The same requests, as `bstar simulate` would be asked for them. */
function settingsFor(
  load: Load,
  options: BenchServeOptions & { readonly gpu: string; readonly shape: string },
): Settings {
  const { trace, requests, promptTokens, outputTokens, lengthCv = 0, sloTtft, sloTpot, seed } = options;
  const [settings] = settingsOf({
    engine: ["bstar"],
    model: [options.shape],
    gpu: [options.gpu],
    gpus: [1],
    replicas: [1],
    route: ["round-robin"],
    kvBits: [16],
    trace,
    workload: workloadName(options, load),
    rate: load.rate === null ? undefined : [load.rate],
    concurrency: load.concurrency === null ? undefined : [load.concurrency],
    requests,
    promptTokens,
    outputTokens,
    lengthCv: trace === undefined ? lengthCv : undefined,
    overContext: "clip",
    badRows: "refuse",
    prefixCache: "on",
    sloTtft,
    sloTpot,
    seed: [seed],
  });
  return settings;
}

function loadText({ rate, concurrency }: Load): string {
  if (concurrency !== null) return `${concurrency} users`;
  return rate === null ? "" : `${rate} requests/s`;
}
