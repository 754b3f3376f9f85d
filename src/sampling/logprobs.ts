import { MAX_TOP_LOGPROBS } from "../config.ts";
import { type Logits, Ranking } from "./ranking.ts";

/** Where the log probabilities of samples go: rows as in `StepResult`. */
export interface LogprobColumns {
  /** [S] log probability of the chosen id. */
  readonly logprobs: Float32Array;
  /** [S x MAX_TOP_LOGPROBS] ids, likeliest first, ties to the lowest id. */
  readonly topIds: Int32Array;
  /** [S x MAX_TOP_LOGPROBS] their log probabilities. */
  readonly topLogprobs: Float32Array;
}

/** Columns for `samples` rows. */
export function createLogprobColumns(samples: number): LogprobColumns {
  return {
    logprobs: new Float32Array(samples),
    topIds: new Int32Array(samples * MAX_TOP_LOGPROBS),
    topLogprobs: new Float32Array(samples * MAX_TOP_LOGPROBS),
  };
}

/** Log probabilities under the unmodified distribution: log softmax of the logits, before temperature and cuts. */
export class LogprobWriter {
  readonly #vocabSize: number;
  readonly #ranking: Ranking;

  /** Allocates all that later calls need. */
  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#ranking = new Ranking(vocabSize);
  }

  /**
   * Fills row `row` of the columns for the chosen id and the `top` likeliest ones. Where the vocabulary has fewer than
   * `top` tokens (that are not NaN), the rest of them is id -1 and -Infinity.
   */
  write(out: LogprobColumns, row: number, logits: Logits, chosen: number, top: number): void {
    const normalizer = this.#logSumExp(logits);
    out.logprobs[row] = logits[chosen] - normalizer;
    if (top > 0) this.#ranking.start(logits);
    for (let rank = 0; rank < top; rank++) {
      const id = this.#ranking.next();
      const target = row * MAX_TOP_LOGPROBS + rank;
      out.topIds[target] = id;
      out.topLogprobs[target] = id < 0 ? Number.NEGATIVE_INFINITY : logits[id] - normalizer;
    }
  }

  #logSumExp(logits: Logits): number {
    let largest = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < this.#vocabSize; id++) if (logits[id] > largest) largest = logits[id];
    if (!Number.isFinite(largest)) return largest;
    let sum = 0;
    for (let id = 0; id < this.#vocabSize; id++) if (logits[id] === logits[id]) sum += Math.exp(logits[id] - largest);
    return largest + Math.log(sum);
  }
}
