import { Distribution, type DistributionSummary, type Slo } from "../../sim/index.ts";
import type { Outcome } from "./openai-stream.ts";

const MILLISECONDS = 1000;

/** The load that a run was of. */
export interface Load {
  /** Requests a second; null for a trace with its own times and for a closed loop. */
  readonly rate: number | null;
  readonly concurrency: number | null;
}

/** The figures of a run, in seconds. */
export interface Measured {
  readonly load: Load;
  /** From the first request to the end of the last answer. */
  readonly durationSeconds: number;
  readonly completed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests that kept every promise; null where none was given. */
  readonly good: number | null;
  readonly ttft: Samples;
  readonly tpot: Samples;
  readonly itl: Samples;
  readonly e2e: Samples;
  /** How much later than planned requests were sent. */
  readonly late: Samples;
  readonly outcomes: readonly Outcome[];
}

/** A distribution with its standard deviation. */
export class Samples {
  readonly #distribution = new Distribution();
  #squares = 0;

  add(value: number): void {
    this.#distribution.add(value);
    this.#squares += value * value;
  }

  summary(): DistributionSummary & { readonly std: number | null } {
    const summary = this.#distribution.summary();
    const { mean } = summary;
    if (mean === null) return { ...summary, std: null };
    return { ...summary, std: Math.sqrt(Math.max(0, this.#squares / this.#distribution.totalWeight - mean * mean)) };
  }
}

/** The figures of what came of all requests. */
export function measure(
  outcomes: readonly Outcome[],
  late: Samples,
  { load, slo }: { load: Load; slo: Slo },
): Measured {
  const completed = outcomes.filter(({ error, firstTokenAt }) => error === null && firstTokenAt !== null);
  const [ttft, tpot, itl, e2e] = [new Samples(), new Samples(), new Samples(), new Samples()];
  let good = 0;
  for (const outcome of completed) {
    const first = outcome.firstTokenAt! - outcome.sentAt;
    const perToken = tpotOf(outcome);
    ttft.add(first);
    if (perToken !== null) tpot.add(perToken);
    for (const gap of outcome.gaps) itl.add(gap);
    e2e.add(outcome.doneAt - outcome.sentAt);
    if (first <= (slo.ttftSeconds ?? Infinity) && (perToken ?? 0) <= (slo.tpotSeconds ?? Infinity)) good++;
  }
  const begin = outcomes.reduce((least, { sentAt }) => Math.min(least, sentAt), Number.POSITIVE_INFINITY);
  const end = outcomes.reduce((most, { doneAt }) => Math.max(most, doneAt), Number.NEGATIVE_INFINITY);
  const hasSlo = slo.ttftSeconds !== undefined || slo.tpotSeconds !== undefined;
  return {
    load,
    durationSeconds: outcomes.length === 0 ? 0 : end - begin,
    completed: completed.length,
    inputTokens: completed.reduce((sum, { promptTokens }) => sum + (promptTokens ?? 0), 0),
    outputTokens: completed.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    good: hasSlo ? good : null,
    ttft,
    tpot,
    itl,
    e2e,
    late,
    outcomes,
  };
}

/** Mean time of the tokens after the first; null where there is none. */
function tpotOf({ firstTokenAt, doneAt, outputTokens }: Outcome): number | null {
  return outputTokens < 2 ? null : (doneAt - firstTokenAt!) / (outputTokens - 1);
}

/** More came than was answered: the answers took a tenth longer than the requests. */
export function isSaturated({ load, completed, durationSeconds }: Measured): boolean {
  return load.rate !== null && completed / durationSeconds < 0.9 * load.rate;
}

/**
 * The keys of `vllm bench serve --save-result`, so that what reads those reads these, `bstar roofline --fit` too; times
 * are milliseconds.
 */
export function benchJson(run: Measured, given: { model: string; date: Date; seed: number }): Record<string, unknown> {
  const { load, durationSeconds, completed, inputTokens, outputTokens, good } = run;
  const rate = (count: number): number => (durationSeconds === 0 ? 0 : count / durationSeconds);
  return {
    date: given.date.toISOString(),
    backend: "openai",
    model_id: given.model,
    seed: given.seed,
    num_prompts: run.outcomes.length,
    request_rate: load.rate ?? "inf",
    max_concurrency: load.concurrency,
    duration: durationSeconds,
    completed,
    failed: run.outcomes.length - completed,
    total_input_tokens: inputTokens,
    total_output_tokens: outputTokens,
    request_throughput: rate(completed),
    request_goodput: good === null ? null : rate(good),
    output_throughput: rate(outputTokens),
    total_token_throughput: rate(inputTokens + outputTokens),
    ...keysOf("ttft", run.ttft),
    ...keysOf("tpot", run.tpot),
    ...keysOf("itl", run.itl),
    ...keysOf("e2el", run.e2e),
    p99_send_delay_ms: milliseconds(run.late.summary().p99),
    errors: errorsOf(run.outcomes),
  };
}

function keysOf(name: string, samples: Samples): Record<string, number | null> {
  const { mean, p50, std, p90, p99 } = samples.summary();
  return {
    [`mean_${name}_ms`]: milliseconds(mean),
    [`median_${name}_ms`]: milliseconds(p50),
    [`std_${name}_ms`]: milliseconds(std),
    [`p90_${name}_ms`]: milliseconds(p90),
    [`p99_${name}_ms`]: milliseconds(p99),
  };
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * MILLISECONDS;
}

/** Each message once, with how often it came. */
function errorsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { error } of outcomes) if (error !== null) counts[error] = (counts[error] ?? 0) + 1;
  return counts;
}
