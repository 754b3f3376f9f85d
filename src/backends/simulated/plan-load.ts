import type { ModelShape, StepLoad } from "../../roofline/index.ts";
import type { StepPlan } from "../../step.ts";

/**
 * Makes `load` what the plan carries. Without windows one pass of sums does; rows of windowed models are added one by
 * one.
 */
export function loadPlan(load: StepLoad, plan: StepPlan, windowed: boolean): void {
  load.clear();
  if (windowed) addRows(load, plan);
  else addSums(load, plan);
  load.samples = plan.sampleCount;
}

/** Whether some layer sees only a part of the context. */
export function hasWindows(shape: ModelShape): boolean {
  return shape.layers.some((kind) => kind.window !== null);
}

function addRows(load: StepLoad, plan: StepPlan): void {
  const { queryIndptr, contextLengths, requestCount } = plan;
  for (let row = 0; row < requestCount; row++) {
    load.add(queryIndptr[row + 1] - queryIndptr[row], contextLengths[row], 0);
  }
}

/** A chunk of n tokens that sees c of them in the end makes n * c - n * (n - 1) / 2 pairs, a decode c. */
function addSums(load: StepLoad, plan: StepPlan): void {
  const { queryIndptr, contextLengths, requestCount, tokenCount } = plan;
  let read = 0;
  for (let row = 0; row < requestCount; row++) read += contextLengths[row];
  let pairs = read;
  if (tokenCount > requestCount) {
    for (let row = 0; row < requestCount; row++) {
      const more = queryIndptr[row + 1] - queryIndptr[row] - 1;
      if (more > 0) pairs += more * contextLengths[row] - (more * (more + 1)) / 2;
    }
  }
  load.tokens = tokenCount;
  load.requests = requestCount;
  load.kvTokensRead.fill(read);
  load.attentionPairs.fill(pairs);
}
