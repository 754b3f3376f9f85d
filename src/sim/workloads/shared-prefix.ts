import { integerOption, numberOption } from "../../option-checks.ts";
import type { Arrival } from "../arrival.ts";
import { RandomStream } from "../random.ts";
import { GeneratedWorkload } from "./generated.ts";
import { Lengths } from "./lengths.ts";
import type { OpenOptions } from "./open.ts";
import { ARRIVAL_STREAM, CHOICE_STREAM } from "./streams.ts";

export interface SharedPrefixOptions extends OpenOptions {
  /** System prompts, few-shot headers. Default 8. */
  readonly families?: number;
  /** Tokens that a family's prompts begin with; each request's own prompt follows. Default 1024. */
  readonly prefixTokens?: number;
}

/** Poisson arrivals; prompts of a family share a prefix, and all families are equally likely. Endless. */
export function sharedPrefix(options: SharedPrefixOptions): GeneratedWorkload {
  return new GeneratedWorkload(requests(options));
}

function* requests({
  rate = 1,
  seed,
  families = 8,
  prefixTokens = 1024,
  ...rest
}: SharedPrefixOptions): Generator<Arrival> {
  const mean = 1 / numberOption("rate", rate, { above: 0 });
  const [count, prefix] = [
    integerOption("families", families, { least: 1 }),
    integerOption("prefixTokens", prefixTokens, { least: 1 }),
  ];
  const lengths = new Lengths(rest, seed);
  const arrivals = new RandomStream(seed, ARRIVAL_STREAM);
  const choices = new RandomStream(seed, CHOICE_STREAM);
  for (let at = arrivals.exponential(mean); ; at += arrivals.exponential(mean)) {
    yield {
      at,
      promptTokens: prefix + lengths.prompt(),
      outputTokens: lengths.output(),
      pieces: [choices.below(count)],
      pieceTokens: prefix,
    };
  }
}
