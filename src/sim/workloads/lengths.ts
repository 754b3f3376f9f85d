import { numberOption } from "../../option-checks.ts";
import { RandomStream } from "../random.ts";
import { OUTPUT_STREAM, PROMPT_STREAM } from "./streams.ts";

/** How long requests are. */
export interface LengthOptions {
  /** Mean prompt. Default 512. */
  readonly promptTokens?: number;
  /** Mean answer. Default 128. */
  readonly outputTokens?: number;
  /**
   * Standard deviation of both over their mean, lognormal; 0 makes all requests alike. Default 1, near what the Azure
   * trace of conversations has (0.98 and 0.80).
   */
  readonly lengthCv?: number;
  /**
   * Law of both: uniform is between mean times 1 - sqrt(3) cv and 1 + sqrt(3) cv, at least one token. Default
   * lognormal.
   */
  readonly lengthLaw?: LengthLaw;
}

export type LengthLaw = "lognormal" | "uniform";

/** Draws lengths, at least one token each. Throws `InvalidOptionError`. */
export class Lengths {
  readonly #prompt: number;
  readonly #output: number;
  readonly #cv: number;
  readonly #law: LengthLaw;
  readonly #promptRandom: RandomStream;
  readonly #outputRandom: RandomStream;

  constructor(options: LengthOptions, seed: number) {
    this.#prompt = numberOption("promptTokens", options.promptTokens ?? 512, { above: 0 });
    this.#output = numberOption("outputTokens", options.outputTokens ?? 128, { above: 0 });
    this.#cv = numberOption("lengthCv", options.lengthCv ?? 1, { least: 0 });
    this.#law = options.lengthLaw ?? "lognormal";
    this.#promptRandom = new RandomStream(seed, PROMPT_STREAM);
    this.#outputRandom = new RandomStream(seed, OUTPUT_STREAM);
  }

  prompt(): number {
    return this.#draw(this.#promptRandom, this.#prompt);
  }

  output(): number {
    return this.#draw(this.#outputRandom, this.#output);
  }

  #draw(random: RandomStream, mean: number): number {
    if (this.#law === "lognormal") return tokens(random.lognormal(mean, this.#cv));
    return tokens(mean * (1 + Math.sqrt(3) * this.#cv * (2 * random.uniform() - 1)));
  }
}

function tokens(length: number): number {
  return Math.max(1, Math.round(length));
}
