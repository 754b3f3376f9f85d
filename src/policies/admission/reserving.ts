import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import type { RequestView } from "../../request.ts";
import type { AdmissionPolicy, AdmissionView } from "./admission-policy.ts";

/**
 * Admits while the pool holds what every running request and the newcomer may ever hold, by `lengthOf`: nothing is
 * preempted then. O(running). `lengthOf`: tokens that a request is taken to reach, at least its `maxLength`.
 */
export function reserving(
  name: string,
  lengthOf: (request: RequestView, view: AdmissionView) => number,
): AdmissionPolicy {
  return {
    name,
    missingBlocks(request, needed, view) {
      const { inFlightBlocks } = view;
      const most = mostBlocks(lengthOf(request, view), inFlightBlocks, view);
      // What a window's blocks are shared by now, each will have of his own.
      let reserved = inFlightBlocks > 0 ? most : Math.min(most, needed + most - view.blocksFor(request.tokenCount));
      for (const each of view.running) {
        const isPrompt = each.tokenCount - each.computedTokenCount > 1;
        reserved += Math.max(
          0,
          mostBlocks(lengthOf(each, view), isPrompt ? inFlightBlocks : 0, view) - view.heldBlocks(each),
        );
      }
      reserved += (view.running.length + 1) * spareBlocks(view);
      return Math.max(0, reserved - view.availableBlocks);
    },
  };
}

/**
 * Most blocks that a request of this length holds from now on; windows never make it more than all of its tokens take.
 */
function mostBlocks(length: number, inFlight: number, view: AdmissionView): number {
  return Math.min(view.blocksFor(length) + inFlight, Math.ceil(length / view.blockSize) * view.groupCount);
}

/**
 * A request that fills a block whose equal is cached holds both until its steps are committed; and of a window narrower
 * than a block the last indexed block outlasts its tokens.
 */
function spareBlocks({ blockSize, groupCount, inFlightBlocks }: AdmissionView): number {
  return groupCount * (Math.ceil(MAX_PLANS_IN_FLIGHT / blockSize) + (inFlightBlocks > 0 ? 1 : 0));
}
