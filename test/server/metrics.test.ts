import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COUNTERS, GAUGES, HISTOGRAMS, lengthBuckets } from "../../src/server/metric-tables.ts";
import { createMetrics } from "../../src/server/metrics.ts";
import type { ServerMetrics } from "../../src/server/telemetry.ts";
import { post, serveScripted } from "../support/served.ts";

function metricsAt(clock?: () => number): ServerMetrics {
  return createMetrics({ modelName: "scripted", contextLength: 200, blockSize: 4, clock });
}

/** A server that has answered some requests, and its page. */
async function pageOf(
  ask: (handler: ReturnType<typeof serveScripted>["handler"]) => Promise<unknown>,
): Promise<string> {
  const metrics = metricsAt();
  const onStep = metrics.noteStep.bind(metrics);
  const { handler, engine } = serveScripted({ metrics, engine: { onStep, maxWaitingRequests: 2 } });
  await ask(handler);
  const response = await handler(new Request("http://test/metrics"));
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  await engine.dispose();
  return response.text();
}

/** The value of a sample, by its name and a part of its labels. */
function valueOf(page: string, name: string, label = ""): number {
  const line = page.split("\n").find((each) => each.startsWith(`${name}{`) && each.includes(label));
  return Number(line?.split(" ").at(-1));
}

test("the page has what requests, tokens and the cache came to", async () => {
  const page = await pageOf(async (handler) => {
    await post(handler, "/v1/completions", { prompt: "a prompt of some blocks", max_tokens: 5 });
    await post(handler, "/v1/completions", { prompt: "a prompt of some blocks", max_tokens: 3, n: 2, stream: false });
  });
  const expected = {
    "vllm:num_requests_running": 0,
    "vllm:kv_cache_usage_perc": 0,
    "vllm:prompt_tokens_total": 46,
    "vllm:prompt_tokens_cached_total": 22,
    "vllm:prefix_cache_queries_total": 46,
    "vllm:prefix_cache_hits_total": 22,
    "vllm:generation_tokens_total": 11,
    "vllm:time_to_first_token_seconds_count": 2,
    "vllm:inter_token_latency_seconds_count": 8,
    "vllm:e2e_request_latency_seconds_count": 2,
    "vllm:request_queue_time_seconds_count": 2,
    "vllm:request_prefill_time_seconds_count": 2,
    "vllm:request_params_n_sum": 3,
    "vllm:request_prompt_tokens_sum": 46,
    "vllm:request_generation_tokens_sum": 11,
    "vllm:cache_config_info": 1,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, valueOf(page, name)]))).toEqual(expected);
  expect(valueOf(page, "vllm:request_success_total", 'finished_reason="length"')).toBe(3);
  expect(valueOf(page, "vllm:prompt_tokens_by_source_total", 'source="local_cache_hit"')).toBe(22);
  expect(valueOf(page, "vllm:iteration_tokens_total_count")).toBe(valueOf(page, "bstar:steps_total"));
  expect(page).toMatch(
    /vllm:cache_config_info\{block_size="4",num_gpu_blocks="64",.*model_name="scripted",engine="0"\} 1/,
  );
});

test("refusals are counted by their reason", async () => {
  const page = await pageOf((handler) =>
    Promise.all(
      ["a", "b", "c", "d", "e"].map((prompt) => post(handler, "/v1/completions", { prompt, max_tokens: 2, n: 2 })),
    ),
  );
  expect(valueOf(page, "vllm:admission_rejections_total", 'reason="queue_full"')).toBeGreaterThan(0);
});

test("times are those of the clock, tokens that come together share theirs", async () => {
  let now = 0;
  const metrics = metricsAt(() => now);
  const job = { operation: "chat", model: null, prompts: [], maxTokens: 9, stream: true, requestId: null } as const;
  const observer = metrics.observe({ ...job, request: {} }, 7);
  now = 0.03;
  observer.noteTokens(0, 1);
  now = 0.23;
  observer.noteTokens(0, 4);
  now = 0.43;
  const { engine } = serveScripted();
  const answer = await engine.submit({ promptTokenIds: [1], maxTokens: 1 }).completion();
  const timing = { submittedAt: 100, admittedAt: 100.25, firstTokenAt: 100.75, finishedAt: 101.75 };
  const timed = { ...answer, choices: [{ ...answer, timing }] };
  observer.end([timed], { promptTokens: 7, cachedTokens: 0, outputTokens: 5 });
  const page = await metrics.render(engine.stats());
  expect(valueOf(page, "vllm:time_to_first_token_seconds_sum")).toBeCloseTo(0.03);
  expect(valueOf(page, "vllm:inter_token_latency_seconds_sum")).toBeCloseTo(0.05);
  expect(valueOf(page, "vllm:request_time_per_output_token_seconds_sum")).toBeCloseTo(0.1);
  const stages = { queue: 0.25, prefill: 0.5, decode: 1, inference: 1.5 };
  for (const [stage, seconds] of Object.entries(stages)) {
    expect(valueOf(page, `vllm:request_${stage}_time_seconds_sum`)).toBe(seconds);
  }
});

test("buckets of lengths go in steps of 1, 2 and 5 to the longest request", () => {
  expect(lengthBuckets(200)).toEqual([1, 2, 5, 10, 20, 50, 100, 200]);
  expect(lengthBuckets(1)).toEqual([1]);
});

test("every query of the dashboard names metrics that the page has", async () => {
  const page = await pageOf((handler) => post(handler, "/v1/completions", { prompt: "abc", max_tokens: 3 }));
  const text = readFileSync(new URL("../../docs/grafana-dashboard.json", import.meta.url), "utf8");
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  const named = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/(?:vllm|bstar):\w+/g) ?? []));
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((name) => !new RegExp(`^(?:# TYPE )?${name}[{ ]`, "m").test(page));
  expect(missing).toEqual([]);
  // And the tables have no name twice.
  const names = [GAUGES, COUNTERS, HISTOGRAMS].flatMap((table) => Object.keys(table));
  expect(new Set(names).size).toBe(names.length);
});

test("a handler without metrics has no page", async () => {
  const { handler } = serveScripted();
  expect((await handler(new Request("http://test/metrics"))).status).toBe(404);
});
