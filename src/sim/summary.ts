import { bStar, dollarsPerDay, dollarsPerMillionTokens } from "../roofline/index.ts";
import type { DistributionSummary } from "./distribution.ts";
import type { Slo } from "./metrics.ts";
import type { RequestCounts, Simulation } from "./simulation.ts";

/** What `bstar simulate --json` prints. Times are seconds of the virtual clock, dollars of all GPUs together. */
export interface SimulationSummary {
  readonly requests: RequestCounts;
  /** From the first arrival to the last token. */
  readonly durationSeconds: number;
  /** Of completed requests, and of all tokens that were produced or whose prompts were taken in. */
  readonly throughput: { readonly requestsPerSecond: number; readonly outputTokensPerSecond: number; readonly totalTokensPerSecond: number };
  /** Arrival to first token. */
  readonly ttftSeconds: DistributionSummary;
  /** Between two tokens of a request, a sample a token. */
  readonly itlSeconds: DistributionSummary;
  /** Mean time between a request's tokens, a sample a request of at least two. */
  readonly tpotSeconds: DistributionSummary;
  /** Arrival to last token. */
  readonly e2eSeconds: DistributionSummary;
  /** Arrival to first admission. */
  readonly queueSeconds: DistributionSummary;
  readonly steps: { readonly count: number; readonly meanTokens: number; readonly meanRequests: number; readonly meanSeconds: number };
  readonly kv: {
    readonly blockCount: number;
    /** Share of blocks held, mean over the time that steps ran. */
    readonly meanUse: number;
    readonly peakUse: number;
    readonly preemptions: number;
    /** Tokens computed again after a preemption, what the prefix cache still had left out. */
    readonly recomputedTokens: number;
    /** Prompt tokens that first admissions took from the prefix cache, and their share of all prompt tokens. */
    readonly prefixHitTokens: number;
    readonly prefixHitRate: number;
  };
  /** B* of the datasheet, and the mean step's tokens as a share of it. */
  readonly bStar: { readonly tokens: number; readonly meanUse: number };
  /** Real seconds that the simulation took, start-up excluded. */
  readonly loopSeconds: number;
  readonly cost: { readonly dollarsPerDay: number; readonly dollarsPerMillionOutputTokens: number | null };
  /** Only where promises were given: requests that kept them, their rate, and their share of the submitted. */
  readonly goodput?: { readonly slo: Slo; readonly requests: number; readonly requestsPerSecond: number; readonly share: number };
  /** Only with several clients: Jain's index of their mean times to first token, and each one's figures. */
  readonly fairness?: { readonly waitingIndex: number; readonly clients: readonly ClientSummary[] };
}

export interface ClientSummary {
  readonly client: string;
  readonly requests: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly meanTtftSeconds: number;
}

/** The figures of a run that is over. `dollarsPerHour` is of one GPU. */
export function summarize(simulation: Simulation, options: { readonly loopSeconds: number; readonly dollarsPerHour?: number }): SimulationSummary {
  const { metrics, config, counts } = simulation;
  const { completed, outputTokens, promptTokens } = metrics;
  const seconds = Math.max(0, simulation.now - Math.min(simulation.firstAt, simulation.now));
  const rate = (count: number): number => (seconds === 0 ? 0 : count / seconds);
  const price = config.gpus * (options.dollarsPerHour ?? config.gpu.dollarsPerHour);
  return {
    requests: { ...counts },
    durationSeconds: seconds,
    throughput: { requestsPerSecond: rate(completed), outputTokensPerSecond: rate(outputTokens), totalTokensPerSecond: rate(outputTokens + promptTokens) },
    ttftSeconds: metrics.ttft.summary(),
    itlSeconds: metrics.itl.summary(),
    tpotSeconds: metrics.tpot.summary(),
    e2eSeconds: metrics.e2e.summary(),
    queueSeconds: metrics.queue.summary(),
    steps: stepFigures(simulation),
    kv: kvFigures(simulation),
    bStar: bStarFigures(simulation),
    loopSeconds: options.loopSeconds,
    cost: {
      dollarsPerDay: dollarsPerDay(price),
      dollarsPerMillionOutputTokens: outputTokens === 0 || seconds === 0 ? null : dollarsPerMillionTokens(price, rate(outputTokens)),
    },
    ...goodput(simulation, seconds),
    ...fairness(simulation),
  };
}

function stepFigures({ metrics }: Simulation): SimulationSummary["steps"] {
  const { steps } = metrics;
  const mean = (sum: number): number => (steps === 0 ? 0 : sum / steps);
  return { count: steps, meanTokens: mean(metrics.stepTokens), meanRequests: mean(metrics.stepRequests), meanSeconds: mean(metrics.stepSeconds) };
}

function kvFigures({ metrics, config, scheduler }: Simulation): SimulationSummary["kv"] {
  const { preemptions, recomputedTokens } = scheduler.stats();
  const { blockCount } = config;
  return {
    blockCount,
    meanUse: metrics.kvBlocks.mean / blockCount,
    peakUse: metrics.kvBlocks.peak / blockCount,
    preemptions,
    recomputedTokens,
    prefixHitTokens: metrics.hitTokens,
    prefixHitRate: metrics.promptTokens === 0 ? 0 : metrics.hitTokens / metrics.promptTokens,
  };
}

function bStarFigures({ metrics, config }: Simulation): SimulationSummary["bStar"] {
  const tokens = bStar(config.gpu, config);
  return { tokens, meanUse: metrics.steps === 0 ? 0 : metrics.stepTokens / metrics.steps / tokens };
}

function goodput({ metrics, config, counts }: Simulation, seconds: number): Pick<SimulationSummary, "goodput"> {
  const { slo } = config;
  if (slo.ttftSeconds === undefined && slo.tpotSeconds === undefined) return {};
  const { good } = metrics;
  return {
    goodput: { slo, requests: good, requestsPerSecond: seconds === 0 ? 0 : good / seconds, share: counts.submitted === 0 ? 0 : good / counts.submitted },
  };
}

function fairness({ metrics }: Simulation): Pick<SimulationSummary, "fairness"> {
  const shares = metrics.clients.all();
  if (shares.length < 2) return {};
  const clients = shares.map(({ client, requests, promptTokens, outputTokens, ttftSum }) => ({
    client,
    requests,
    promptTokens,
    outputTokens,
    meanTtftSeconds: ttftSum / requests,
  }));
  return { fairness: { waitingIndex: metrics.clients.waitingIndex, clients } };
}
