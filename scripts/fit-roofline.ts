/**
 * How far the step-time model is off the measurements of ../shared/groundtruth, a line a source:
 *
 *   node scripts/fit-roofline.ts
 *
 * and what a fit of a GPU's efficiency figures on them gives, from neutral figures on (docs/roofline.md says which of
 * them the measurements do not tell apart):
 *
 *   node scripts/fit-roofline.ts a100-80gb
 */
import { type Efficiency, type Gpu, gpuNamed } from "../src/roofline/index.ts";
import {
  allMeasurements,
  errorsOf,
  meanAbsolute,
  type MeasuredGroup,
  noMeasurements,
} from "../test/support/roofline-measurements.ts";

type Figure = Exclude<keyof Efficiency, "fittedOn">;

/** Where a fit starts, and the least and most it may find. Times start above 0: the search multiplies. */
const BOUNDS: Readonly<Record<Figure, readonly [start: number, least: number, most: number]>> = {
  bandwidthShare: [0.75, 0.3, 1],
  flopsShare: [0.75, 0.3, 1],
  lowPrecisionFlopsShare: [0.55, 0.3, 1],
  fullKvBandwidthShare: [0.75, 0.3, 1],
  kvSecondsPerByte: [1e-13, 1e-15, 1e-11],
  kvBandwidthShare: [0.75, 0.3, 1],
  attentionFlopsShare: [0.5, 0.1, 1],
  elementwiseBandwidthShare: [0.6, 0.2, 1],
  launchSecondsPerLayer: [20e-6, 1e-6, 80e-6],
  promptSecondsPerLayer: [10e-6, 1e-6, 80e-6],
  queryKeyNormSecondsPerLayer: [8e-6, 1e-6, 80e-6],
  lowPrecisionSecondsPerLayer: [15e-6, 1e-6, 80e-6],
  expertBandwidthShare: [0.8, 0.3, 1],
  mixtureSecondsPerLayer: [20e-6, 1e-6, 80e-6],
  lowPrecisionMixtureSecondsPerLayer: [50e-6, 1e-6, 200e-6],
  hostSecondsPerStep: [100e-6, 1e-6, 5e-3],
  hostSecondsPerRequest: [10e-6, 1e-7, 100e-6],
};

const FIGURES = Object.keys(BOUNDS) as Figure[];

/** Rounds of the search; each that improves nothing halves the step, and 1.002 is finer than any measurement. */
const MAX_ROUNDS = 200;
const FINEST_STEP = 1.002;

/** Shown, but not fitted on: it is about the link as well. */
const HELD_OUT = /two A100/;

/**
 * Pull towards the start in the logarithm of a figure: keeps figures that no measurement tells from drifting to a
 * bound.
 */
const PULL = 0.002;

function print(groups: readonly MeasuredGroup[], gpuOf: (group: MeasuredGroup) => Gpu): void {
  console.log(`${"source".padEnd(58)} cases   mean error   worst   bias`);
  for (const group of groups) {
    const errors = errorsOf(group, gpuOf(group));
    const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const worst = Math.max(...errors.map(Math.abs));
    console.log(
      `${group.name.padEnd(58)} ${String(errors.length).padStart(5)} ${percent(meanAbsolute(errors)).padStart(12)} ${percent(worst).padStart(7)} ${percent(bias).padStart(6)}`,
    );
  }
}

function rootMeanSquare(errors: readonly number[]): number {
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/**
 * Cyclic coordinate search over the logarithms of the figures, for the least sum of root-mean-square errors: each
 * source counts alike, however many cases it has. Figures that the catalogue has as 0 stay 0: operator tables hold no
 * host work.
 */
function fit(gpu: Gpu, groups: readonly MeasuredGroup[]): Efficiency {
  const figures = FIGURES.filter((figure) => gpu.efficiency[figure] > 0);
  let best: Efficiency = {
    ...gpu.efficiency,
    fittedOn: "this fit",
    ...Object.fromEntries(figures.map((figure) => [figure, BOUNDS[figure][0]])),
  };
  const costOf = (efficiency: Efficiency) => {
    const errors = groups.map((group) => rootMeanSquare(errorsOf(group, { ...gpu, efficiency })));
    const pull = figures.map((figure) => Math.abs(Math.log(efficiency[figure] / BOUNDS[figure][0])));
    return errors.reduce((sum, error) => sum + error, 0) + PULL * pull.reduce((sum, distance) => sum + distance, 0);
  };
  let cost = costOf(best);
  let step = 1.3;
  for (let round = 0; round < MAX_ROUNDS && step > FINEST_STEP; round++) {
    const before = cost;
    for (const figure of figures) {
      for (const factor of [step, 1 / step]) {
        const [, least, most] = BOUNDS[figure];
        const candidate = { ...best, [figure]: Math.min(most, Math.max(least, best[figure] * factor)) };
        const candidateCost = costOf(candidate);
        if (candidateCost < cost) [best, cost] = [candidate, candidateCost];
      }
    }
    if (cost === before) step = Math.sqrt(step);
  }
  return best;
}

function main(): void {
  if (noMeasurements) {
    console.error("fit-roofline: ../shared/groundtruth is absent, and with it every measurement");
    process.exitCode = 1;
    return;
  }
  const groups = allMeasurements();
  print(groups, (group) => gpuNamed(group.gpu));
  const name = process.argv[2];
  if (name === undefined) return;
  const gpu = gpuNamed(name);
  const own = groups.filter((group) => group.gpu === gpu.name);
  if (own.length === 0) {
    console.error(
      `fit-roofline: there are no measurements of ${gpu.name}; there are of ${[...new Set(groups.map((group) => group.gpu))].join(", ")}`,
    );
    process.exitCode = 1;
    return;
  }
  const efficiency = fit(
    gpu,
    own.filter((group) => !HELD_OUT.test(group.name)),
  );
  console.log(`\nfitted now, beside the catalogue's:`);
  for (const figure of FIGURES) {
    console.log(
      `  ${figure.padEnd(28)} ${efficiency[figure].toPrecision(3).padStart(10)} ${gpu.efficiency[figure].toPrecision(3).padStart(10)}`,
    );
  }
  console.log("");
  print(own, () => ({ ...gpu, efficiency }));
}

main();
