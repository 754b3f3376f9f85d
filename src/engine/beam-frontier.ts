/** A sequence of output tokens as a chain from its last token to its first. */
export interface BeamNode {
  readonly tokenId: number;
  readonly parent: BeamNode | null;
  readonly length: number;
  /** Sum of the tokens' log probabilities. */
  readonly logprob: number;
}

/** A token that could follow. */
export interface Candidate {
  readonly tokenId: number;
  readonly logprob: number;
}

/** A sequence that is over. */
export interface FinishedBeam {
  readonly node: BeamNode;
  readonly score: number;
  readonly finishReason: "stop" | "length";
}

/** A surviving beam, by the number of the beam that it extends. */
export interface NextBeam {
  readonly from: number;
  readonly node: BeamNode;
}

export interface FrontierOptions {
  readonly width: number;
  /** Most output tokens. */
  readonly maxLength: number;
  readonly lengthPenalty: number;
  readonly stopTokenIds: readonly number[];
}

/**
 * The decisions of a beam search, without a model: each round, of all continuations of all beams the `width` likeliest
 * survive; candidates with a stop id or at the greatest length have ended. Of each beam the `width` likeliest tokens
 * and as many more as there are stop ids are looked at. A sequence's score is the sum of its log probabilities over its
 * length to the power of `lengthPenalty`. Ties go to the earlier beam, then to the smaller id.
 *
 * Ends as soon as no beam can still come among the `width` best, so the result is that of going on to the end. Source:
 * vLLM's and Hugging Face's beam search (there `early_stopping="never"`).
 */
export class BeamFrontier {
  /** The best so far, best first, `width` at most. */
  readonly finished: FinishedBeam[] = [];
  readonly #options: FrontierOptions;

  constructor(options: FrontierOptions) {
    this.#options = options;
  }

  /**
   * Takes what may follow each beam, likeliest first, and says which `width` go on; none where the search is over.
   * `null`: the empty beginning.
   */
  advance(beams: readonly { readonly node: BeamNode | null; readonly candidates: readonly Candidate[] }[]): NextBeam[] {
    const { width, maxLength, stopTokenIds } = this.#options;
    const next: NextBeam[] = [];
    for (const [from, { node: parent, candidates }] of beams.entries()) {
      for (const { tokenId, logprob } of candidates) {
        const node = { tokenId, parent, length: (parent?.length ?? 0) + 1, logprob: (parent?.logprob ?? 0) + logprob };
        if (stopTokenIds.includes(tokenId)) this.#finish(node, "stop");
        else next.push({ from, node });
      }
    }
    // Sorting is stable: of equals the earlier beam's stays first, and of one beam's the smaller id.
    const best = next.toSorted((a, b) => b.node.logprob - a.node.logprob).slice(0, width);
    if (best.length > 0 && best[0].node.length === maxLength) {
      for (const { node } of best.splice(0)) this.#finish(node, "length");
    }
    return this.#isDecided(best) ? [] : best;
  }

  #finish(node: BeamNode, finishReason: FinishedBeam["finishReason"]): void {
    const beam = { node, finishReason, score: this.#score(node.logprob, node.length) };
    const place = this.finished.findIndex(({ score }) => score < beam.score);
    this.finished.splice(place === -1 ? this.finished.length : place, 0, beam);
    if (this.finished.length > this.#options.width) this.finished.pop();
  }

  #score(logprob: number, length: number): number {
    return logprob / length ** this.#options.lengthPenalty;
  }

  /**
   * Log probabilities only fall: the best that a beam can still reach is what it has, at the length that favours it
   * most.
   */
  #isDecided(beams: readonly NextBeam[]): boolean {
    const { width, maxLength, lengthPenalty } = this.#options;
    if (this.finished.length < width) return false;
    const worst = this.finished.at(-1)!.score;
    return beams.every(
      ({ node }) => this.#score(node.logprob, lengthPenalty > 0 ? maxLength : node.length + 1) <= worst,
    );
  }
}

/** First token first. */
export function tokensOf(node: BeamNode): number[] {
  const tokens: number[] = [];
  for (let at: BeamNode | null = node; at !== null; at = at.parent) tokens.push(at.tokenId);
  return tokens.reverse();
}
