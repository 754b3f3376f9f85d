import { numberOption } from "../../option-checks.ts";
import type { Arrival } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { GeneratedWorkload } from "./generated.ts";
import { type LengthOptions, Lengths } from "./lengths.ts";
import { ARRIVAL_STREAM } from "./streams.ts";

/** Requests whose arrivals do not depend on earlier requests. */
export interface OpenOptions extends LengthOptions {
  /** Requests a second, in the mean. Default 1. */
  readonly rate?: number;
  readonly seed: number;
}

/** Prompts of these workloads begin each in their own way. */
const UNSHARED = { sharesPrefixes: false };

/** Independent arrivals: the gaps are exponential. Endless. */
export function poisson(options: OpenOptions): GeneratedWorkload {
  const { rate = 1, seed } = options;
  const mean = 1 / numberOption("rate", rate, { above: 0 });
  const random = new RandomStream(seed, ARRIVAL_STREAM);
  return new GeneratedWorkload(
    requests(options, () => random.exponential(mean)),
    UNSHARED,
  );
}

/** Bursty arrivals: gamma gaps of coefficient of variation `cv`, 1 being Poisson. Default 2. Endless. */
export function gamma(options: OpenOptions & { readonly cv?: number }): GeneratedWorkload {
  const { rate = 1, seed, cv = 2 } = options;
  const mean = 1 / numberOption("rate", rate, { above: 0 });
  const shape = 1 / numberOption("cv", cv, { above: 0 }) ** 2;
  const random = new RandomStream(seed, ARRIVAL_STREAM);
  return new GeneratedWorkload(
    requests(options, () => random.gamma(shape, mean)),
    UNSHARED,
  );
}

/**
 * Poisson arrivals that stop and go: phases of exponential length, `onSeconds` (default 60) in the mean at such a rate
 * that all time together has `rate`, and `offSeconds` (default 60) of silence. Endless.
 */
export function onOff(
  options: OpenOptions & { readonly onSeconds?: number; readonly offSeconds?: number },
): GeneratedWorkload {
  const { rate = 1, seed, onSeconds = 60, offSeconds = 60 } = options;
  const [on, off] = [
    numberOption("onSeconds", onSeconds, { above: 0 }),
    numberOption("offSeconds", offSeconds, { above: 0 }),
  ];
  const mean = on / (on + off) / numberOption("rate", rate, { above: 0 });
  const random = new RandomStream(seed, ARRIVAL_STREAM);
  let left = random.exponential(on);
  return new GeneratedWorkload(
    requests(options, () => {
      let gap = random.exponential(mean);
      let silence = 0;
      while (gap > left) {
        // Exponential gaps have no memory: what is left of one is drawn anew in the next phase.
        silence += left + random.exponential(off);
        left = random.exponential(on);
        gap = random.exponential(mean);
      }
      left -= gap;
      return silence + gap;
    }),
    UNSHARED,
  );
}

function* requests(options: OpenOptions, gap: () => number): Generator<Arrival> {
  const lengths = new Lengths(options, options.seed);
  for (let at = gap(); ; at += gap()) yield { at, promptTokens: lengths.prompt(), outputTokens: lengths.output() };
}
