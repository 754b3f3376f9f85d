import type { RequestView } from "../../request.ts";

/**
 * Who gives its blocks up when a running request needs one and there is none. Named must be the last of a total order,
 * so that the first of it always moves on: where the victim is the one in need, it waits instead.
 */
export interface PreemptionPolicy {
  readonly name: string;
  /** One of `running`, which is not empty. */
  victim(running: readonly RequestView[]): RequestView;
}
