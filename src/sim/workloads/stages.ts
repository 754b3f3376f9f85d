import { InvalidOptionError } from "../../errors.ts";
import type { Arrival } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { GeneratedWorkload } from "./generated.ts";
import { type LengthOptions, Lengths } from "./lengths.ts";
import { ARRIVAL_STREAM } from "./streams.ts";

/** A stretch of time with one rate. */
export interface Stage {
  /** Requests a second; 0 is silence. */
  readonly rate: number;
  readonly seconds: number;
}

export interface StageOptions extends LengthOptions {
  /** One after the other; the workload ends with the last. */
  readonly stages: readonly Stage[];
  readonly seed: number;
}

/** Most stages: a day in minutes. */
const MAX_STAGES = 1440;

/** Poisson arrivals whose rate changes from stage to stage, as load tests raise it. Throws `InvalidOptionError`. */
export function stages(options: StageOptions): GeneratedWorkload {
  const count = options.stages.length;
  if (count < 1 || count > MAX_STAGES) {
    throw new InvalidOptionError(`stages must be from 1 to ${MAX_STAGES}, got ${count}`);
  }
  for (const { rate, seconds } of options.stages) {
    if (!(rate >= 0 && Number.isFinite(rate) && seconds > 0 && Number.isFinite(seconds))) {
      throw new InvalidOptionError(`a stage needs a rate >= 0 and seconds above 0, got ${rate} and ${seconds}`);
    }
  }
  return new GeneratedWorkload(requests(options), { sharesPrefixes: false });
}

function* requests(options: StageOptions): Generator<Arrival> {
  const lengths = new Lengths(options, options.seed);
  const random = new RandomStream(options.seed, ARRIVAL_STREAM);
  let begin = 0;
  for (const { rate, seconds } of options.stages) {
    // Exponential gaps have no memory: what is left of one is drawn anew in the next stage.
    for (let at = begin + gap(random, rate); at < begin + seconds; at += gap(random, rate)) {
      yield { at, promptTokens: lengths.prompt(), outputTokens: lengths.output() };
    }
    begin += seconds;
  }
}

function gap(random: RandomStream, rate: number): number {
  return rate === 0 ? Number.POSITIVE_INFINITY : random.exponential(1 / rate);
}
