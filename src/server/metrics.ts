import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EngineStats, StepEvent } from "../engine/options.ts";
import type { Completion } from "../engine/token-stream.ts";
import {
  type CounterName,
  COUNTERS,
  type GaugeName,
  GAUGES,
  type HistogramName,
  HISTOGRAMS,
  lengthBuckets,
  type MetricRow,
} from "./metric-tables.ts";
import type { Job, TokenCounts } from "./openai/job.ts";
import type { RequestObserver, ServerMetrics } from "./telemetry.ts";

/** What labels say of the server. */
export interface MetricsOptions {
  readonly modelName: string;
  /** Longest request, in tokens. */
  readonly contextLength: number;
  readonly blockSize: number;
  /** Such as "f32". Default "auto". */
  readonly cacheDtype?: string;
  /** Tells servers of one page apart. Default "0". */
  readonly engine?: string;
  /** Seconds. Default the platform's. */
  readonly clock?: () => number;
}

/** Keeps a server's figures for Prometheus, under vLLM's names and labels; this library's own are `bstar:…`. */
export function createMetrics(options: MetricsOptions): ServerMetrics {
  return new PrometheusMetrics(options);
}

class PrometheusMetrics implements ServerMetrics {
  readonly #registry = new Registry();
  readonly #gauges: Readonly<Record<GaugeName, Gauge>>;
  readonly #counters: Readonly<Record<CounterName, Counter>>;
  readonly #histograms: Readonly<Record<HistogramName, Histogram>>;
  readonly #config: Gauge;
  readonly #options: MetricsOptions;
  readonly #clock: () => number;

  constructor(options: MetricsOptions) {
    const { modelName, engine = "0", contextLength, clock = () => performance.now() / 1000 } = options;
    this.#options = options;
    this.#clock = clock;
    this.#registry.setDefaultLabels({ model_name: modelName, engine });
    const lengths = lengthBuckets(contextLength);
    const base = (name: string, { help, labels = [] }: MetricRow) => ({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
    });
    this.#gauges = mapped(GAUGES, (name, row) => new Gauge(base(name, row)));
    this.#counters = mapped(COUNTERS, (name, row) => new Counter(base(name, row)));
    this.#histograms = mapped(HISTOGRAMS, (name, row) => {
      const buckets = row.buckets === "lengths" ? lengths : [...row.buckets!];
      return new Histogram({ ...base(name, row), buckets });
    });
    const labels = ["block_size", "num_gpu_blocks", "cache_dtype", "enable_prefix_caching"];
    const help = "The KV cache's settings, as labels of a 1";
    this.#config = new Gauge(base("vllm:cache_config_info", { help, labels }));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  observe(job: Job, promptTokens: number): RequestObserver {
    const n = job.request.n ?? 1;
    const histograms = this.#histograms;
    histograms["vllm:request_params_n"].observe(n);
    if (job.maxTokens !== null) histograms["vllm:request_params_max_tokens"].observe(job.maxTokens);
    histograms["vllm:request_prompt_tokens"].observe(promptTokens);
    return new Observer(this.#histograms, this.#counters, this.#clock);
  }

  noteRejection(code: string): void {
    this.#counters["vllm:admission_rejections_total"].inc({ reason: code });
  }

  noteStep({ tokenCount, tokenBudget, seconds }: StepEvent): void {
    this.#histograms["vllm:iteration_tokens_total"].observe(tokenCount);
    this.#histograms["bstar:step_seconds"].observe(seconds);
    this.#histograms["bstar:step_budget_use"].observe(tokenCount / tokenBudget);
  }

  render(stats: EngineStats): Promise<string> {
    this.#setGauges(stats);
    this.#setCounters(stats);
    return this.#registry.metrics();
  }

  #setGauges(stats: EngineStats): void {
    const gauges = this.#gauges;
    const { blockCount, heldBlocks, cachedBlocks, freeBlocks, stepTime } = stats;
    gauges["vllm:num_requests_running"].set(stats.running);
    gauges["vllm:num_requests_waiting"].set(stats.waiting);
    gauges["vllm:num_requests_waiting_by_reason"].set({ reason: "capacity" }, stats.waiting);
    gauges["vllm:num_requests_waiting_by_reason"].set({ reason: "deferred" }, stats.paused);
    gauges["vllm:kv_cache_usage_perc"].set(heldBlocks / blockCount);
    gauges["vllm:gpu_cache_usage_perc"].set(heldBlocks / blockCount);
    gauges["bstar:token_budget"].set(stats.tokenBudget);
    for (const [state, count] of Object.entries({ held: heldBlocks, cached: cachedBlocks, free: freeBlocks })) {
      gauges["bstar:kv_blocks"].set({ state }, count);
    }
    gauges["bstar:b_star_tokens"].set(stepTime?.bStar ?? 0);
    gauges["bstar:step_floor_seconds"].set(stepTime?.floor ?? 0);
    gauges["bstar:step_token_seconds"].set(stepTime?.slope ?? 0);
    const { blockSize, cacheDtype = "auto" } = this.#options;
    this.#config.set(
      {
        block_size: String(blockSize),
        num_gpu_blocks: String(blockCount),
        cache_dtype: cacheDtype,
        enable_prefix_caching: "True",
      },
      1,
    );
  }

  /** The engine counts; what it has counted is set as a whole. */
  #setCounters(stats: EngineStats): void {
    const set = (name: CounterName, value: number): void => {
      this.#counters[name].reset();
      this.#counters[name].inc(value);
    };
    for (const prefix of ["vllm:prefix_cache", "vllm:gpu_prefix_cache"] as const) {
      set(`${prefix}_queries_total`, stats.lookedUpTokens);
      set(`${prefix}_hits_total`, stats.cachedTokens);
    }
    set("vllm:num_preemptions_total", stats.preemptions);
    set("vllm:spec_decode_num_draft_tokens_total", stats.draftedTokens);
    set("vllm:spec_decode_num_accepted_tokens_total", stats.acceptedTokens);
    set("bstar:steps_total", stats.steps);
    set("bstar:rollbacks_total", stats.rollbacks);
    set("bstar:recomputed_tokens_total", stats.recomputedTokens);
  }
}

/** One request's times. */
class Observer implements RequestObserver {
  readonly #histograms: Readonly<Record<HistogramName, Histogram>>;
  readonly #counters: Readonly<Record<CounterName, Counter>>;
  readonly #clock: () => number;
  readonly #submittedAt: number;
  #firstAt: number | null = null;
  /** By answer. */
  readonly #lastAt: number[] = [];

  constructor(
    histograms: Readonly<Record<HistogramName, Histogram>>,
    counters: Readonly<Record<CounterName, Counter>>,
    clock: () => number,
  ) {
    this.#histograms = histograms;
    this.#counters = counters;
    this.#clock = clock;
    this.#submittedAt = clock();
  }

  /** Tokens that come together are as far apart as the time allows: none. */
  noteTokens(index: number, count: number): void {
    if (count === 0) return;
    const now = this.#clock();
    this.#counters["vllm:generation_tokens_total"].inc(count);
    if (this.#firstAt === null) {
      this.#firstAt = now;
      this.#histograms["vllm:time_to_first_token_seconds"].observe(now - this.#submittedAt);
    }
    const last = this.#lastAt[index];
    if (last !== undefined) this.#histograms["vllm:inter_token_latency_seconds"].observe((now - last) / count);
    this.#lastAt[index] = now;
  }

  end(completions: readonly Completion[], { promptTokens, cachedTokens, outputTokens }: TokenCounts): void {
    const counters = this.#counters;
    const answers = completions.flatMap(({ choices }) => choices);
    for (const { finishReason } of answers) {
      counters["vllm:request_success_total"].inc({ finished_reason: finishReason });
    }
    for (const completion of completions) this.#noteStages(completion);
    counters["vllm:prompt_tokens_total"].inc(promptTokens);
    counters["vllm:prompt_tokens_cached_total"].inc(cachedTokens);
    const bySource = counters["vllm:prompt_tokens_by_source_total"];
    bySource.inc({ source: "local_compute" }, promptTokens - cachedTokens);
    bySource.inc({ source: "local_cache_hit" }, cachedTokens);
    const now = this.#clock();
    const histograms = this.#histograms;
    histograms["vllm:request_generation_tokens"].observe(outputTokens);
    histograms["vllm:e2e_request_latency_seconds"].observe(now - this.#submittedAt);
    if (this.#firstAt === null) return;
    const rest = outputTokens - answers.length;
    if (rest > 0) {
      const perAnswer = rest / answers.length;
      histograms["vllm:request_time_per_output_token_seconds"].observe((now - this.#firstAt) / perAnswer);
    }
  }

  /** The stages of one prompt's answers, by the engine's clock; a prompt that was never admitted has none. */
  #noteStages({ choices }: Completion): void {
    const times = choices.map(({ timing }) => timing);
    const [{ submittedAt, admittedAt }] = times;
    if (admittedAt === null) return;
    const firstTokenAt = Math.min(...times.map((each) => each.firstTokenAt ?? Number.POSITIVE_INFINITY));
    const finishedAt = Math.max(...times.map((each) => each.finishedAt));
    const histograms = this.#histograms;
    histograms["vllm:request_queue_time_seconds"].observe(admittedAt - submittedAt);
    histograms["vllm:request_inference_time_seconds"].observe(finishedAt - admittedAt);
    if (firstTokenAt === Number.POSITIVE_INFINITY) return;
    histograms["vllm:request_prefill_time_seconds"].observe(firstTokenAt - admittedAt);
    histograms["vllm:request_decode_time_seconds"].observe(finishedAt - firstTokenAt);
  }
}

function mapped<K extends string, T>(
  table: Readonly<Record<K, MetricRow>>,
  make: (name: K, row: MetricRow) => T,
): Readonly<Record<K, T>> {
  const entries = Object.entries(table) as [K, MetricRow][];
  return Object.fromEntries(entries.map(([name, row]) => [name, make(name, row)])) as Record<K, T>;
}
