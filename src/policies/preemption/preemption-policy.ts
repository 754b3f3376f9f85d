import type { RequestView } from "../../request.ts";

/**
 * Names the request to preempt when a running request needs a block and none is free. It must be the last of a total
 * order, so that the first always progresses; a request that names itself waits instead.
 */
export interface PreemptionPolicy {
  readonly name: string;
  /** One of `running`, which is not empty. */
  victim(running: readonly RequestView[]): RequestView;
  /**
   * How late the request may come: the lower, the more urgent. With it a waiting request takes the place, the blocks or
   * the tokens of a running one whose rank is greater by `margin` at least, victims are of the greatest rank, and lower
   * ranks have their tokens first. A rank must not change while a request lives: no request can then take back what it
   * gave up to another. Default: running requests keep what they have.
   */
  rank?(request: RequestView): number;
  /** Above 0: with a wider margin fewer requests are computed again. Default 1. */
  readonly margin?: number;
}
