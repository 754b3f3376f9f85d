import { StepLoad } from "./step-load.ts";
import type { StepTime } from "./step-time.ts";
import type { ModelShape } from "./shape.ts";

/** Length of a typical request, in tokens. */
export interface RequestSize {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A step in the middle of a long run of equal requests, `batch` of them always running. */
export interface SteadyState {
  readonly batch: number;
  /** Time between two tokens of a request. */
  readonly stepSeconds: number;
  readonly requestsPerSecond: number;
  readonly outputTokensPerSecond: number;
  /** Tokens a step, prompts' included. */
  readonly stepTokens: number;
}

/**
 * Continuous batching in balance: a request decodes one token a step and leaves after `outputTokens` steps, so a step
 * carries `batch` decodes of the mean context and the prompt tokens of batch / outputTokens newcomers, cut into even
 * chunks. No queueing, no preemption, no prefix hits: an upper bound that the simulator refines.
 */
export function steadyState(time: StepTime, shape: ModelShape, size: RequestSize, batch: number): SteadyState {
  const load = steadyLoad(shape, size, batch);
  const stepSeconds = time.stepSeconds(load);
  const outputTokensPerSecond = batch / stepSeconds;
  return {
    batch,
    stepSeconds,
    requestsPerSecond: outputTokensPerSecond / size.outputTokens,
    outputTokensPerSecond,
    stepTokens: load.tokens,
  };
}

function steadyLoad(shape: ModelShape, size: RequestSize, batch: number): StepLoad {
  const prompt = new StepLoad(shape);
  prompt.add(size.promptTokens, size.promptTokens, 1);
  const decode = new StepLoad(shape);
  decode.add(1, size.promptTokens + Math.ceil(size.outputTokens / 2), 1);
  const load = new StepLoad(shape);
  addTimes(load, decode, batch);
  addTimes(load, prompt, batch / size.outputTokens);
  return load;
}

/** Adds `part` a possibly fractional number of times: means are as good as counts for a time. */
function addTimes(load: StepLoad, part: StepLoad, times: number): void {
  load.tokens += part.tokens * times;
  load.requests += part.requests * times;
  load.samples += part.samples * times;
  for (let kind = 0; kind < part.kvTokensRead.length; kind++) {
    load.kvTokensRead[kind] += part.kvTokensRead[kind] * times;
    load.attentionPairs[kind] += part.attentionPairs[kind] * times;
  }
}
