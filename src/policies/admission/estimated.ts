import { numberOption } from "../../option-checks.ts";
import type { RequestView } from "../../request.ts";
import type { AdmissionPolicy, AdmissionView } from "./admission-policy.ts";

/** SGLang's constants: where the ratio starts, what share of that it sinks to and in how many steps. */
const FIRST_RATIO = 0.7;
const LEAST_SHARE = 0.14;
const DECAY_STEPS = 600;
/** Tokens to come that count, of one request: a larger `maxTokens` mostly means "until done". */
const MAX_COUNTED = 4096;
/** Tokens that each running request may produce before the next shortage, when the ratio is set anew after one. */
const STEPS_AHEAD = 20;

/**
 * Admits while a learned share of what running requests may still produce fits beside what the newcomer may. The share
 * sinks with each step that goes well, jumps to what the running ones have shown after a shortage, and starts anew when
 * nothing runs. O(running). May preempt, the less the better the past tells the future. Source: SGLang's new-token
 * ratio.
 *
 * `conservativeness`: factor of the first ratio; above 1 admits fewer. Default 1.
 */
export function estimated(conservativeness = 1): AdmissionPolicy {
  numberOption("conservativeness", conservativeness, { above: 0 });
  const first = Math.min(1, FIRST_RATIO * conservativeness);
  const least = first * LEAST_SHARE;
  let ratio = first;
  return {
    name: "estimated",
    missingBlocks(request, needed, view) {
      let wanted = needed + growth(request, 1, view) + view.groupCount + view.promisedBlocks;
      for (const each of view.running) wanted += growth(each, ratio, view);
      return Math.max(0, wanted - view.availableBlocks);
    },
    step(view, shortage) {
      if (view.running.length === 0) ratio = first;
      else if (shortage) ratio = shownRatio(view.running);
      else ratio = Math.max(least, ratio - (first - least) / DECAY_STEPS);
    },
  };
}

/**
 * Blocks that a running request is taken to need for tokens to come: in full while its prompt is under way, as a
 * newcomer is.
 */
function growth(request: RequestView, ratio: number, view: AdmissionView): number {
  const share = request.tokenCount === request.promptTokenCount ? 1 : ratio;
  const tokens = request.tokenCount + Math.ceil(share * countedRemaining(request));
  return view.blocksFor(tokens) - view.blocksFor(request.tokenCount);
}

function countedRemaining(request: RequestView): number {
  return Math.min(MAX_COUNTED, request.maxLength - request.tokenCount);
}

/** What share of their answers the running ones have after some more steps. */
function shownRatio(running: readonly RequestView[]): number {
  let produced = STEPS_AHEAD * running.length;
  let most = 1;
  for (const request of running) {
    produced += request.tokenCount - request.promptTokenCount;
    most += request.maxLength - request.promptTokenCount;
  }
  return Math.min(1, produced / most);
}
