import type { RequestView } from "../request.ts";
import type { LengthPredictor } from "./length-predictor.ts";
import { SortedWindow } from "../collections/sorted-window.ts";

/** Answers remembered of each kind: LightLLM plans by the last 1,000 (ASPLOS '25). */
const WINDOW = 1000;

/** With fewer answers of a kind, the answers of all kinds say more. */
const MIN_SAMPLES = 8;

/**
 * Predicts from the answers that ended: the mean length of answers longer than the request's so far, among prompts of
 * about its length (by powers of two), or among all while there are few; aborts do not count. Where nothing is known,
 * as long as it may be. Source: LightLLM's past-future scheduler, which draws from the same distribution; the mean
 * needs no random numbers.
 */
export function outputHistory(): LengthPredictor {
  const all = new SortedWindow(WINDOW);
  const byPromptLength = new Map<number, SortedWindow>();
  return {
    predict(request) {
      const produced = request.tokenCount - request.promptTokenCount;
      const most = request.maxLength - request.promptTokenCount;
      const kind = byPromptLength.get(kindOf(request));
      const mean = (kind !== undefined && kind.size >= MIN_SAMPLES ? kind : all).meanAbove(produced);
      return mean === undefined ? most : Math.min(mean, most);
    },
    ended(request) {
      if (request.finishReason !== "stop" && request.finishReason !== "length") return;
      const length = request.tokenCount - request.promptTokenCount;
      let kind = byPromptLength.get(kindOf(request));
      if (kind === undefined) byPromptLength.set(kindOf(request), (kind = new SortedWindow(WINDOW)));
      kind.push(length);
      all.push(length);
    },
  };
}

/** 0..31: powers of two of the prompt's length. */
function kindOf({ promptTokenCount }: RequestView): number {
  return 31 - Math.clz32(promptTokenCount);
}
