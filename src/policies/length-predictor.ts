import type { RequestView } from "../request.ts";

/** Says how long answers will be, for the policies that plan by it. An object serves one policy. */
export interface LengthPredictor {
  /** Tokens of the whole answer: more than the request has, at most what it may have. Not rounded. */
  predict(request: RequestView): number;
  /** A request ended; `finishReason` says whether by itself. */
  ended?(request: RequestView): void;
}
