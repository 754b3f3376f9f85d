import type { Request } from "../request.ts";

/** A token of a prompt that has its log probability. */
export interface PromptScore {
  readonly request: Request;
  /** Of the token in the prompt, from 1 on. */
  readonly position: number;
  /** Its sample in the step's result. */
  readonly sampleIndex: number;
}

/** What a commit delivered: read the counts, then that number of entries. Valid until the next commit. */
export class StepOutcome {
  /** Tokens delivered. */
  tokenCount = 0;
  /** [tokenCount] the token's request; several tokens of one request stand together, in order. */
  requests: readonly Request[];
  /** [tokenCount] */
  readonly tokenIds: Int32Array;
  /** [tokenCount] its sample in the step's result: where its log probabilities are. */
  sampleIndices: Int32Array;
  /** Tokens of prompts whose log probabilities were asked for; those of one request in order. */
  readonly scores: PromptScore[] = [];
  /** Requests that ended with this commit. */
  finishedCount = 0;
  /** [finishedCount] */
  readonly finished: Request[];
  /** Memory for outcomes that are no more than a plan's rows. */
  readonly #requests: Request[];
  readonly #sampleIndices: Int32Array;
  /** [maxSamples] 0, 1, 2, … */
  readonly #rows: Int32Array;

  constructor(maxSamples: number) {
    this.#requests = new Array<Request>(maxSamples);
    this.#sampleIndices = new Int32Array(maxSamples);
    this.#rows = Int32Array.from({ length: maxSamples }, (_, row) => row);
    this.requests = this.#requests;
    this.sampleIndices = this.#sampleIndices;
    this.tokenIds = new Int32Array(maxSamples);
    this.finished = new Array<Request>(maxSamples);
  }

  clear(): void {
    this.tokenCount = 0;
    this.finishedCount = 0;
    this.scores.length = 0;
    this.requests = this.#requests;
    this.sampleIndices = this.#sampleIndices;
  }

  /** One token of each row's request. The requests are read from the plan's own list. Only after `clear`. */
  addRows(requests: readonly Request[], tokenIds: ArrayLike<number>, count: number): void {
    for (let row = 0; row < count; row++) this.tokenIds[row] = tokenIds[row];
    this.requests = requests;
    this.sampleIndices = this.#rows;
    this.tokenCount = count;
  }

  /** One token of each of the requests from `from` on; `firstSample` is the first one's sample. */
  addTokens(
    requests: readonly Request[],
    from: number,
    tokenIds: ArrayLike<number>,
    firstSample: number,
    count: number,
  ): void {
    const start = this.tokenCount;
    const own = this.#requests;
    for (let i = 0; i < count; i++) {
      // A store of an object costs more than a look whether it is there already.
      if (own[start + i] !== requests[from + i]) own[start + i] = requests[from + i];
      this.tokenIds[start + i] = tokenIds[firstSample + i];
      this.#sampleIndices[start + i] = firstSample + i;
    }
    this.tokenCount = start + count;
  }

  addToken(request: Request, tokenId: number, sampleIndex: number): void {
    const at = this.tokenCount++;
    this.#requests[at] = request;
    this.tokenIds[at] = tokenId;
    this.#sampleIndices[at] = sampleIndex;
  }

  addScore(request: Request, position: number, sampleIndex: number): void {
    this.scores.push({ request, position, sampleIndex });
  }

  addFinished(request: Request): void {
    this.finished[this.finishedCount++] = request;
  }
}
