/** Names, labels and buckets of vLLM's metrics, which dashboards and routers read. */

const SHORT_SECONDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const REQUEST_SECONDS = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
const STEP_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
const CHOICES = [1, 2, 5, 10, 20];

/** 1, 2, 5, 10, … up to the longest request. */
export function lengthBuckets(longest: number): number[] {
  const buckets: number[] = [];
  for (let unit = 1; unit <= longest; unit *= 10) {
    buckets.push(...[unit, 2 * unit, 5 * unit].filter((bound) => bound <= longest));
  }
  return buckets;
}

/** A metric by the name behind its prefix; `buckets` "lengths" are those of the model. */
export interface MetricRow {
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[] | "lengths";
}

/** What is true now. */
export const GAUGES = {
  "vllm:num_requests_running": { help: "Requests that run" },
  "vllm:num_requests_waiting": { help: "Requests that wait for their first or next admission" },
  "vllm:num_requests_waiting_by_reason": { help: "Waiting requests by what they wait for", labels: ["reason"] },
  "vllm:kv_cache_usage_perc": { help: "Share of the KV cache's blocks that requests hold, 0 to 1" },
  "vllm:gpu_cache_usage_perc": { help: "The older name of kv_cache_usage_perc" },
  "bstar:token_budget": { help: "Tokens that the next step may carry" },
  "bstar:kv_blocks": { help: "Blocks of the KV cache by what they are", labels: ["state"] },
  "bstar:b_star_tokens": { help: "Measured tokens a step at which arithmetic takes as long as reading the weights" },
  "bstar:step_floor_seconds": { help: "Fitted time of a step without tokens" },
  "bstar:step_token_seconds": { help: "Fitted time of one more token in a large step" },
} as const satisfies Record<string, MetricRow>;

/** What only grows; names end with `_total`. */
export const COUNTERS = {
  "vllm:prefix_cache_queries_total": { help: "Tokens looked up in the prefix cache" },
  "vllm:prefix_cache_hits_total": { help: "Tokens found in the prefix cache" },
  "vllm:gpu_prefix_cache_queries_total": { help: "The older name of prefix_cache_queries" },
  "vllm:gpu_prefix_cache_hits_total": { help: "The older name of prefix_cache_hits" },
  "vllm:num_preemptions_total": { help: "Times that a running request gave its blocks up" },
  "vllm:prompt_tokens_total": { help: "Tokens of prompts" },
  "vllm:prompt_tokens_cached_total": { help: "Tokens of prompts that the prefix cache had" },
  "vllm:prompt_tokens_by_source_total": { help: "Tokens of prompts by where their KV came from", labels: ["source"] },
  "vllm:generation_tokens_total": { help: "Tokens of answers" },
  "vllm:request_success_total": { help: "Answers that ended, by reason", labels: ["finished_reason"] },
  "vllm:admission_rejections_total": { help: "Requests that were refused, by reason", labels: ["reason"] },
  "vllm:spec_decode_num_drafts_total": { help: "Drafts that steps checked; 0, as drafts are counted by token" },
  "vllm:spec_decode_num_draft_tokens_total": { help: "Drafted tokens that steps checked" },
  "vllm:spec_decode_num_accepted_tokens_total": { help: "Drafted tokens that were right" },
  "bstar:steps_total": { help: "Steps that were planned" },
  "bstar:rollbacks_total": { help: "Steps that were taken back" },
  "bstar:recomputed_tokens_total": { help: "Tokens computed again after a preemption" },
} as const satisfies Record<string, MetricRow>;

/** Distributions. */
export const HISTOGRAMS = {
  "vllm:request_prompt_tokens": { help: "Tokens of a request's prompt", buckets: "lengths" },
  "vllm:request_generation_tokens": { help: "Tokens of a request's answers", buckets: "lengths" },
  "vllm:request_params_max_tokens": { help: "Most tokens that a request asked for", buckets: "lengths" },
  "vllm:request_params_n": { help: "Answers that a request asked for", buckets: CHOICES },
  "vllm:iteration_tokens_total": { help: "Tokens of a step", buckets: STEP_TOKENS },
  "vllm:time_to_first_token_seconds": { help: "From submission to the first token", buckets: FIRST_TOKEN_SECONDS },
  "vllm:inter_token_latency_seconds": { help: "Between two tokens of an answer", buckets: SHORT_SECONDS },
  "vllm:request_time_per_output_token_seconds": {
    help: "Mean time of a token after the first",
    buckets: SHORT_SECONDS,
  },
  "vllm:e2e_request_latency_seconds": { help: "From submission to the end", buckets: REQUEST_SECONDS },
  "vllm:request_queue_time_seconds": { help: "From submission to the first admission", buckets: REQUEST_SECONDS },
  "vllm:request_inference_time_seconds": { help: "From the first admission to the end", buckets: REQUEST_SECONDS },
  "vllm:request_prefill_time_seconds": {
    help: "From the first admission to the first token",
    buckets: REQUEST_SECONDS,
  },
  "vllm:request_decode_time_seconds": { help: "From the first token to the end", buckets: REQUEST_SECONDS },
  "bstar:step_seconds": { help: "Time of a step on the device", buckets: SHORT_SECONDS },
  "bstar:step_budget_use": {
    help: "Share of a step's token budget that was used",
    buckets: [0.1, 0.25, 0.5, 0.75, 0.9, 1],
  },
} as const satisfies Record<string, MetricRow>;

export type GaugeName = keyof typeof GAUGES;
export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;
