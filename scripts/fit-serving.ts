/**
 * Fits the figures of H100, H200 and of the engines on the runs of real servers in
 * ../shared/groundtruth/serving_runs.csv, and prints them with the errors that remain:
 *
 *   npm run fit
 *   npm run fit -- --leave-one-out     each model's runs predicted by a fit without them
 *
 * A run's steps are recorded from one simulation, timed again while the figures are searched, and simulated anew with
 * what was found.
 */
import { type Case, fit } from "./fit-serving/least-squares.ts";
import { concerns, type Figures, SPECS, STARTS } from "./fit-serving/figures.ts";
import { type Means, nameOf, record, type Recording } from "./fit-serving/recording.ts";
import {
  atItsPrecision,
  isCredible,
  noServingRuns,
  readServingRuns,
  shapeOfRun,
} from "../test/support/serving-runs.ts";

/** Recordings and fits in turn: the second finds the batches that the first one's figures give. */
const PASSES = 3;

/**
 * Of an open run's three means TTFT counts least; of a closed run's, the end-to-end time counts, which does not depend
 * on when clients start.
 */
const OPEN_WEIGHTS = { ttft: 0.6, tpot: 1, e2e: 1 };
const CLOSED_WEIGHTS = { ttft: 0, tpot: 0.25, e2e: 1.6 };

async function recordAll(figures: Figures): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const run of readServingRuns()) {
    const shape = shapeOfRun(run);
    if (shape !== null) recordings.push(await record(figures, atItsPrecision(run), shape));
  }
  return recordings;
}

function caseOf(recording: Recording): Case {
  const { run } = recording;
  const weights = run.mode === "open" ? OPEN_WEIGHTS : CLOSED_WEIGHTS;
  return {
    concerns: (name) => concerns(name, run),
    residuals(figures) {
      const means = recording.predict(figures);
      const tpot = weights.tpot * Math.log(means.tpot / run.tpotSeconds);
      const e2e = weights.e2e * Math.log(means.e2e / run.e2eSeconds);
      return weights.ttft === 0 ? [tpot, e2e] : [tpot, e2e, weights.ttft * Math.log(means.ttft / run.ttftSeconds)];
    },
  };
}

function fitOn(start: Figures, recordings: readonly Recording[]): Figures {
  return fit(start, SPECS, recordings.filter(({ run }) => isCredible(run)).map(caseOf));
}

type Errors = Readonly<Record<keyof Means, number>>;

function errorsOf({ run }: Recording, means: Means): Errors {
  return {
    ttft: means.ttft / run.ttftSeconds - 1,
    tpot: means.tpot / run.tpotSeconds - 1,
    e2e: means.e2e / run.e2eSeconds - 1,
  };
}

/** A line a group and one for all: mean absolute error / bias. */
function printErrors(recordings: readonly Recording[], meansOf: (recording: Recording) => Means): void {
  console.log(`${"".padEnd(58)} runs           TTFT           TPOT            E2E`);
  const groups = new Map<string, Errors[]>();
  for (const recording of recordings) {
    const all = recording.run.mode === "open" ? "ALL, open" : "ALL, fixed concurrency";
    for (const name of isCredible(recording.run)
      ? [nameOf(recording.run), all]
      : [`not credible: ${nameOf(recording.run)}`]) {
      groups.set(name, [...(groups.get(name) ?? []), errorsOf(recording, meansOf(recording))]);
    }
  }
  for (const [name, errors] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const cell = (key: keyof Means): string => {
      const values = errors.map((each) => each[key]);
      return `${percent(mean(values.map(Math.abs)))} / ${percent(mean(values))}`.padStart(15);
    };
    console.log(`${name.padEnd(58)} ${String(errors.length).padStart(4)}${cell("ttft")}${cell("tpot")}${cell("e2e")}`);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

function printFigures(figures: Figures): void {
  for (const { name, start } of SPECS) {
    console.log(`  ${name.padEnd(44)} ${figures[name].toPrecision(3).padStart(10)}   from ${start.toPrecision(3)}`);
  }
}

/** Each model's runs with a fit of the others. */
function leaveOneModelOut(figures: Figures, recordings: readonly Recording[]): void {
  const models = [...new Set(recordings.map(({ run }) => run.model))];
  const without = new Map(
    models.map((model) => [
      model,
      fitOn(
        figures,
        recordings.filter(({ run }) => run.model !== model),
      ),
    ]),
  );
  console.log("\neach model predicted by a fit without its runs:");
  printErrors(recordings, (recording) => recording.predict(without.get(recording.run.model)!));
}

/** Every other run with a fit of the rest. */
function halves(figures: Figures, recordings: readonly Recording[]): void {
  const fits = [0, 1].map((half) =>
    fitOn(
      figures,
      recordings.filter((_, index) => index % 2 !== half),
    ),
  );
  console.log("\neach half of the runs predicted by a fit on the other half:");
  printErrors(recordings, (recording) => recording.predict(fits[recordings.indexOf(recording) % 2]));
}

async function main(): Promise<void> {
  if (noServingRuns) {
    console.error("fit-serving: ../shared/groundtruth/serving_runs.csv is absent");
    process.exitCode = 1;
    return;
  }
  let figures = STARTS;
  let recordings = await recordAll(figures);
  for (let pass = 0; pass < PASSES; pass++) {
    figures = fitOn(figures, recordings);
    recordings = await recordAll(figures);
  }
  printErrors(recordings, ({ simulated }) => simulated);
  console.log("\nfigures:");
  printFigures(figures);
  if (!process.argv.includes("--leave-one-out")) return;
  leaveOneModelOut(STARTS, recordings);
  halves(STARTS, recordings);
}

await main();
