import { bStar, dollarsPerDay, dollarsPerMillionTokens } from "../roofline/index.ts";
import { Clients } from "./clients.ts";
import { Distribution, type DistributionSummary } from "./distribution.ts";
import { MeasuredRequests, type MeasuredSummary } from "./measured.ts";
import type { Metrics, Slo } from "./metrics.ts";
import type { RequestCounts, Simulation } from "./simulation.ts";

/** What `bstar simulate --json` prints. Times are seconds of the virtual clock, dollars of all GPUs together. */
export interface SimulationSummary {
  readonly requests: RequestCounts;
  /** From the first arrival to the last token. */
  readonly durationSeconds: number;
  /** Of completed requests, and of all tokens that were produced or whose prompts were taken in. */
  readonly throughput: {
    readonly requestsPerSecond: number;
    readonly outputTokensPerSecond: number;
    readonly totalTokensPerSecond: number;
  };
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
  readonly steps: {
    readonly count: number;
    readonly meanTokens: number;
    readonly meanRequests: number;
    readonly meanSeconds: number;
  };
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
  /** Only of a recording: what the server measured of the same requests. */
  readonly measured?: MeasuredSummary;
  /** Only where promises were given: requests that kept them, their rate, and their share of the submitted. */
  readonly goodput?: {
    readonly slo: Slo;
    readonly requests: number;
    readonly requestsPerSecond: number;
    readonly share: number;
  };
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

/** The figures of a run that is over, of all its replicas together. `dollarsPerHour` is of one GPU. */
export function summarize(
  runs: Simulation | readonly Simulation[],
  options: { readonly loopSeconds: number; readonly dollarsPerHour?: number },
): SimulationSummary {
  const simulations = "metrics" in runs ? [runs] : runs;
  const [{ config }] = simulations;
  const seconds = durationOf(simulations);
  const rate = (count: number): number => (seconds === 0 ? 0 : count / seconds);
  const price = simulations.length * config.gpus * (options.dollarsPerHour ?? config.gpu.dollarsPerHour);
  const total = (figure: (metrics: Metrics) => number): number => sumOf(simulations, ({ metrics }) => figure(metrics));
  const outputTokens = total((metrics) => metrics.outputTokens);
  return {
    requests: requestsOf(simulations),
    durationSeconds: seconds,
    throughput: {
      requestsPerSecond: rate(total((metrics) => metrics.completed)),
      outputTokensPerSecond: rate(outputTokens),
      totalTokensPerSecond: rate(outputTokens + total((metrics) => metrics.promptTokens)),
    },
    ttftSeconds: mergedOf(simulations, "ttft").summary(),
    itlSeconds: mergedOf(simulations, "itl").summary(),
    tpotSeconds: mergedOf(simulations, "tpot").summary(),
    e2eSeconds: mergedOf(simulations, "e2e").summary(),
    queueSeconds: mergedOf(simulations, "queue").summary(),
    steps: stepFigures(simulations),
    kv: kvFigures(simulations),
    bStar: bStarFigures(simulations),
    loopSeconds: options.loopSeconds,
    cost: {
      dollarsPerDay: dollarsPerDay(price),
      dollarsPerMillionOutputTokens:
        outputTokens === 0 || seconds === 0 ? null : dollarsPerMillionTokens(price, rate(outputTokens)),
    },
    ...measured(simulations),
    ...goodput(simulations, seconds),
    ...fairness(simulations),
  };
}

/** A distribution of all replicas; of one, its own. */
export function mergedOf(
  simulations: readonly Simulation[],
  name: "ttft" | "itl" | "tpot" | "e2e" | "queue",
): Distribution {
  if (simulations.length === 1) return simulations[0].metrics[name];
  const merged = new Distribution();
  for (const { metrics } of simulations) merged.merge(metrics[name]);
  return merged;
}

function sumOf(simulations: readonly Simulation[], figure: (simulation: Simulation) => number): number {
  return simulations.reduce((sum, simulation) => sum + figure(simulation), 0);
}

/** From the first arrival at any replica to the last token of any. */
function durationOf(simulations: readonly Simulation[]): number {
  const end = Math.max(...simulations.map(({ now }) => now));
  const begin = Math.min(...simulations.map(({ firstAt }) => firstAt));
  return Math.max(0, end - Math.min(begin, end));
}

function requestsOf(simulations: readonly Simulation[]): RequestCounts {
  const of = (key: keyof RequestCounts): number => sumOf(simulations, ({ counts }) => counts[key]);
  return {
    submitted: of("submitted"),
    completed: of("completed"),
    rejected: of("rejected"),
    clipped: of("clipped"),
    dropped: of("dropped"),
  };
}

function stepFigures(simulations: readonly Simulation[]): SimulationSummary["steps"] {
  const total = (figure: (metrics: Metrics) => number): number => sumOf(simulations, ({ metrics }) => figure(metrics));
  const count = total((metrics) => metrics.steps);
  const mean = (sum: number): number => (count === 0 ? 0 : sum / count);
  return {
    count,
    meanTokens: mean(total((metrics) => metrics.stepTokens)),
    meanRequests: mean(total((metrics) => metrics.stepRequests)),
    meanSeconds: mean(total((metrics) => metrics.stepSeconds)),
  };
}

/** Counts are of all replicas, shares of one: the mean, and the peak of the fullest. */
function kvFigures(simulations: readonly Simulation[]): SimulationSummary["kv"] {
  const { blockCount } = simulations[0].config;
  const promptTokens = sumOf(simulations, ({ metrics }) => metrics.promptTokens);
  const hitTokens = sumOf(simulations, ({ metrics }) => metrics.hitTokens);
  return {
    blockCount: blockCount * simulations.length,
    meanUse: sumOf(simulations, ({ metrics }) => metrics.kvBlocks.mean) / simulations.length / blockCount,
    peakUse: Math.max(...simulations.map(({ metrics }) => metrics.kvBlocks.peak)) / blockCount,
    preemptions: sumOf(simulations, ({ scheduler }) => scheduler.stats().preemptions),
    recomputedTokens: sumOf(simulations, ({ scheduler }) => scheduler.stats().recomputedTokens),
    prefixHitTokens: hitTokens,
    prefixHitRate: promptTokens === 0 ? 0 : hitTokens / promptTokens,
  };
}

function bStarFigures(simulations: readonly Simulation[]): SimulationSummary["bStar"] {
  const { config } = simulations[0];
  const tokens = bStar(config.gpu, config);
  const { count, meanTokens } = stepFigures(simulations);
  return { tokens, meanUse: count === 0 ? 0 : meanTokens / tokens };
}

function measured(simulations: readonly Simulation[]): Pick<SimulationSummary, "measured"> {
  const merged = new MeasuredRequests();
  for (const { metrics } of simulations) merged.merge(metrics.measured);
  return merged.requests === 0 ? {} : { measured: merged.summary() };
}

function goodput(simulations: readonly Simulation[], seconds: number): Pick<SimulationSummary, "goodput"> {
  const { slo } = simulations[0].config;
  if (slo.ttftSeconds === undefined && slo.tpotSeconds === undefined) return {};
  const good = sumOf(simulations, ({ metrics }) => metrics.good);
  const { submitted } = requestsOf(simulations);
  return {
    goodput: {
      slo,
      requests: good,
      requestsPerSecond: seconds === 0 ? 0 : good / seconds,
      share: submitted === 0 ? 0 : good / submitted,
    },
  };
}

function fairness(simulations: readonly Simulation[]): Pick<SimulationSummary, "fairness"> {
  const merged = new Clients();
  for (const { metrics } of simulations) merged.merge(metrics.clients);
  const shares = merged.all();
  if (shares.length < 2) return {};
  const clients = shares.map(({ client, requests, promptTokens, outputTokens, ttftSum }) => ({
    client,
    requests,
    promptTokens,
    outputTokens,
    meanTtftSeconds: ttftSum / requests,
  }));
  return { fairness: { waitingIndex: merged.waitingIndex, clients } };
}
