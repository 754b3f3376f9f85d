/** A run's steps, recorded from one simulation and timed again with other figures: a fit needs no simulation a try. */
import { type ModelShape, StepLoad, StepTime } from "../../src/roofline/index.ts";
import { type ServingRun, setupOfRun, simulateRun } from "../../test/support/serving-runs.ts";
import { type Figures, gpuOf } from "./figures.ts";

/** Steps kept of a run: beyond, every other one is dropped. */
const MAX_STEPS = 1000;

/** Most requests of an open run: enough for its means within 1%. */
const MAX_OPEN_REQUESTS = 1000;

/** Rounds in which an open run's batch finds its size: it grows with the time of a step. */
const ROUNDS = 6;

/** Means of a run, in seconds. */
export interface Means {
  readonly ttft: number;
  readonly tpot: number;
  readonly e2e: number;
}

interface RecordedStep {
  readonly load: StepLoad;
  /** Seconds with the figures of the recording. */
  readonly seconds: number;
}

/** Simulates a run with these figures and keeps a sample of its steps. */
export async function record(figures: Figures, run: ServingRun, shape: ModelShape): Promise<Recording> {
  const gpu = gpuOf(figures, run);
  const steps: RecordedStep[] = [];
  const time = new StepTime({ ...setupOfRun(run, gpu, shape) });
  let stride = 1;
  let count = 0;
  const frontEndSeconds = figures["vllm.frontEndSeconds"];
  const observe = (load: StepLoad): void => {
    // Steps with prompts come at even distances: a stride of their own would see all of them or none.
    if (((Math.imul(count++, 0x9e3779b1) >>> 16) & (stride - 1)) !== 0) return;
    steps.push({ load: scaled(load, 1, new StepLoad(shape)), seconds: time.stepSeconds(load) });
    if (steps.length < MAX_STEPS) return;
    stride *= 2;
    steps.splice(0, steps.length, ...steps.filter((_, i) => i % 2 === 0));
  };
  const { summary } = await simulateRun(run, {
    gpu,
    shape,
    frontEndSeconds,
    maxRequests: MAX_OPEN_REQUESTS,
    observe: (_plan, _outcome, _now, load) => observe(load),
  });
  const { ttftSeconds, tpotSeconds, e2eSeconds } = summary;
  return new Recording(
    run,
    shape,
    steps,
    { ttft: ttftSeconds.mean!, tpot: tpotSeconds.mean!, e2e: e2eSeconds.mean! },
    frontEndSeconds,
  );
}

export class Recording {
  readonly run: ServingRun;
  /** What the simulation gave. */
  readonly simulated: Means;
  readonly #shape: ModelShape;
  readonly #steps: readonly RecordedStep[];
  readonly #frontEndSeconds: number;
  readonly #scaled: StepLoad;

  constructor(
    run: ServingRun,
    shape: ModelShape,
    steps: readonly RecordedStep[],
    simulated: Means,
    frontEndSeconds: number,
  ) {
    this.run = run;
    this.#shape = shape;
    this.#scaled = new StepLoad(shape);
    this.#steps = steps;
    this.simulated = simulated;
    this.#frontEndSeconds = frontEndSeconds;
  }

  /** What the run would give with other figures. */
  predict(figures: Figures): Means {
    const { run } = this;
    const isOpen = run.mode === "open";
    const time = new StepTime(setupOfRun(run, gpuOf(figures, run), this.#shape));
    let slower = { decode: 1, prompt: 1 };
    for (let round = 0; round < (isOpen ? ROUNDS : 1); round++) slower = this.#slower(time, isOpen ? slower.decode : 1);
    const tpot = this.simulated.tpot * slower.decode;
    // Most of an open run's first token is waiting for steps of others.
    const wait = isOpen ? 0.8 * slower.decode + 0.2 * slower.prompt : slower.prompt;
    const ttft = figures["vllm.frontEndSeconds"] + (this.simulated.ttft - this.#frontEndSeconds) * wait;
    return { ttft, tpot, e2e: ttft + (this.simulated.e2e - this.simulated.ttft) * slower.decode };
  }

  /**
   * Times of the steps over those recorded, weighted by decodes, and of those with prompts. `batch` scales the decodes.
   */
  #slower(time: StepTime, batch: number): { decode: number; prompt: number } {
    const sums = { decode: 0, decodeBefore: 0, prompt: 0, promptBefore: 0 };
    for (const { load, seconds: before } of this.#steps) {
      const seconds = time.stepSeconds(batch === 1 ? load : scaled(load, batch, this.#scaled));
      sums.decode += load.samples * seconds;
      sums.decodeBefore += load.samples * before;
      if (load.tokens === load.requests) continue;
      sums.prompt += seconds;
      sums.promptBefore += before;
    }
    const decode = sums.decode / sums.decodeBefore;
    return { decode, prompt: sums.promptBefore === 0 ? decode : sums.prompt / sums.promptBefore };
  }
}

/** Makes `target` the load with that many times its requests; a prompt's tokens stay. */
function scaled(load: StepLoad, times: number, target: StepLoad): StepLoad {
  target.requests = load.requests * times;
  target.samples = load.samples * times;
  target.tokens = load.tokens - load.requests + target.requests;
  for (let kind = 0; kind < load.kvTokensRead.length; kind++) {
    target.kvTokensRead[kind] = load.kvTokensRead[kind] * times;
    target.attentionPairs[kind] = load.attentionPairs[kind] * times;
  }
  return target;
}

/** What a run was of, for people. */
export function nameOf({ source, engine, gpu, model, arithmetic, gpus }: ServingRun): string {
  return `${source} ${engine} ${gpu} x${gpus} ${model.replace(/\.json$/, "")} ${arithmetic}`;
}
