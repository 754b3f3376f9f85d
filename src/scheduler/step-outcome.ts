import type { Request } from "../request.ts";

/** What a commit delivered: read the counts, then the first so many entries. Kept and used again by the next commit. */
export class StepOutcome {
  /** Tokens delivered. */
  tokenCount = 0;
  /** [tokenCount] whose token it is; several of one request stand together, in order. */
  readonly requests: Request[];
  /** [tokenCount] */
  readonly tokenIds: Int32Array;
  /** [tokenCount] its sample in the step's result: where its log probabilities are. */
  readonly sampleIndices: Int32Array;
  /** Requests that ended with this commit. */
  finishedCount = 0;
  /** [finishedCount] */
  readonly finished: Request[];

  constructor(maxSamples: number) {
    this.requests = new Array<Request>(maxSamples);
    this.tokenIds = new Int32Array(maxSamples);
    this.sampleIndices = new Int32Array(maxSamples);
    this.finished = new Array<Request>(maxSamples);
  }

  clear(): void {
    this.tokenCount = 0;
    this.finishedCount = 0;
  }

  addToken(request: Request, tokenId: number, sampleIndex: number): void {
    // A store of an object costs more than a look whether it is there already.
    if (this.requests[this.tokenCount] !== request) this.requests[this.tokenCount] = request;
    this.tokenIds[this.tokenCount] = tokenId;
    this.sampleIndices[this.tokenCount++] = sampleIndex;
  }

  addFinished(request: Request): void {
    this.finished[this.finishedCount++] = request;
  }
}
