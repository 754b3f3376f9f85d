import type { SchedulerStats } from "../../scheduler/inspect/stats.ts";
import { quantile } from "./quantile.ts";

/** What became of a request, as far as its times matter. */
export interface Timed {
  readonly promptTokens: number;
  /** When each token came, seconds. */
  readonly tokenTimes: readonly number[];
  readonly completion: {
    readonly timing: {
      readonly submittedAt: number;
      readonly firstTokenAt: number | null;
      readonly finishedAt: number;
    };
  } | null;
}

/** The figures that a run ends with. Times in seconds, null where there is nothing to measure. */
export interface Summary {
  readonly requests: number;
  readonly promptTokens: number;
  readonly producedTokens: number;
  /** From the first submission to the last end. */
  readonly seconds: number;
  /** Produced ones. */
  readonly tokensPerSecond: number;
  /** Time from submission to the first token. */
  readonly ttft: Quantiles;
  /** Time between two tokens of a request. */
  readonly itl: Quantiles;
  readonly steps: number;
  readonly meanTokensPerStep: number;
  readonly tokenBudget: number;
  readonly peakBlocks: number;
  readonly blockCount: number;
  readonly preemptions: number;
  readonly recomputedTokens: number;
  readonly cachedTokens: number;
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Figures of the requests that ended; others have no times yet. */
export function summarize(tracks: readonly Timed[], stats: SchedulerStats, peakBlocks: number): Summary {
  const ended = tracks.filter(({ completion }) => completion !== null);
  const timings = ended.map(({ completion }) => completion!.timing);
  const seconds =
    timings.length === 0
      ? 0
      : Math.max(...timings.map((t) => t.finishedAt)) - Math.min(...timings.map((t) => t.submittedAt));
  const producedTokens = total(ended.map(({ tokenTimes }) => tokenTimes.length));
  const { steps, scheduledTokens, tokenBudget, blockCount, preemptions, recomputedTokens, cachedTokens } = stats;
  return {
    requests: ended.length,
    promptTokens: total(ended.map(({ promptTokens }) => promptTokens)),
    producedTokens,
    seconds,
    tokensPerSecond: seconds === 0 ? 0 : producedTokens / seconds,
    ttft: quantiles(timings.flatMap((t) => (t.firstTokenAt === null ? [] : [t.firstTokenAt - t.submittedAt]))),
    itl: quantiles(ended.flatMap(({ tokenTimes }) => tokenTimes.slice(1).map((time, i) => time - tokenTimes[i]))),
    steps,
    meanTokensPerStep: steps === 0 ? 0 : scheduledTokens / steps,
    tokenBudget,
    peakBlocks,
    blockCount,
    preemptions,
    recomputedTokens,
    cachedTokens,
  };
}

function quantiles(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The summary for people. */
export function formatSummary(s: Summary): string {
  const used = Math.round((100 * s.meanTokensPerStep) / s.tokenBudget);
  const lines: [string, string][] = [
    ["tokens/s", s.tokensPerSecond.toFixed(1)],
    ["TTFT", `p50 ${duration(s.ttft.p50)}, p99 ${duration(s.ttft.p99)}`],
    ["ITL", `p50 ${duration(s.itl.p50)}, p99 ${duration(s.itl.p99)}`],
    ["steps", String(s.steps)],
    ["tokens a step", `${s.meanTokensPerStep.toFixed(1)} on average, of a budget of ${s.tokenBudget} (${used}%)`],
    ["peak blocks", `${s.peakBlocks} of ${s.blockCount}`],
    ["preemptions", s.preemptions === 0 ? "0" : `${s.preemptions} (${s.recomputedTokens} tokens computed again)`],
    ["prefix cache", `${s.cachedTokens} tokens taken from it`],
  ];
  const heading =
    `${s.requests} requests: ${s.promptTokens} prompt tokens in, ${s.producedTokens} tokens out, ` +
    `${s.seconds.toFixed(1)} s`;
  return `\n${heading}\n\n${lines.map(([name, value]) => `  ${name.padEnd(15)}${value}`).join("\n")}\n`;
}

function duration(seconds: number | null): string {
  if (seconds === null) return "-";
  return seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
}
