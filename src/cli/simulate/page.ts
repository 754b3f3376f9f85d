import { align } from "../align.ts";
import { formatSeconds, significant } from "../../roofline/format.ts";
import type { DistributionSummary } from "../../sim/index.ts";
import type { Result } from "./run-settings.ts";

/** A result for people. */
export function resultPage(result: Result): string {
  const { config, requests, throughput, kv, steps, cost, bStar, goodput, fairness } = result;
  const rows: (readonly [string, string])[] = [
    ["requests", requestsLine(requests)],
    ["duration", `${formatSeconds(result.durationSeconds)} simulated in ${formatSeconds(result.loopSeconds)}`],
    [
      "throughput",
      `${significant(throughput.requestsPerSecond)} requests/s, ` +
        `${significant(throughput.outputTokensPerSecond)} output tokens/s, ` +
        `${significant(throughput.totalTokensPerSecond)} tokens/s`,
    ],
    [
      "steps",
      `${significant(steps.count)} of ${significant(steps.meanTokens)} tokens (${percent(bStar.meanUse)} of ` +
        `B* = ${Math.round(bStar.tokens)}), ${significant(steps.meanRequests)} requests, ` +
        formatSeconds(steps.meanSeconds),
    ],
    [
      "KV cache",
      `${significant(kv.blockCount)} blocks, ${percent(kv.meanUse)} held in the mean, ${percent(kv.peakUse)} at most`,
    ],
    [
      "",
      `${significant(kv.preemptions)} preemptions, ${significant(kv.recomputedTokens)} tokens computed ` +
        `again, ${percent(kv.prefixHitRate)} of prompts from the prefix cache`,
    ],
    [
      "cost",
      `$${significant(cost.dollarsPerDay)} a day, ${
        cost.dollarsPerMillionOutputTokens === null
          ? "nothing produced"
          : `$${significant(cost.dollarsPerMillionOutputTokens)} a million output tokens`
      }`,
    ],
  ];
  if (goodput !== undefined) {
    rows.push([
      "goodput",
      `${percent(goodput.share)} of the requests kept the promise, ${significant(goodput.requestsPerSecond)} a second`,
    ]);
  }
  if (fairness !== undefined) {
    rows.push([
      "fairness",
      `${fairness.clients.length} clients, Jain's index of their waits ${significant(fairness.waitingIndex)}`,
    ]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const head = `${config["model"]} on ${config["gpus"]} x ${config["gpu"]}, ${config["trace"] ?? config["workload"]}`;
  const body = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n");
  return `\n${head}\n\n${body}\n\n${latencies(result)}\n\n`;
}

function requestsLine({ submitted, completed, rejected, clipped, dropped }: Result["requests"]): string {
  const timedOut = submitted - completed - rejected;
  const notes = [`${significant(completed)} of ${significant(submitted)} completed`];
  for (const [count, what] of [
    [rejected, "rejected"],
    [timedOut, "timed out"],
    [clipped, "clipped to the context"],
    [dropped, "dropped"],
  ] as const) {
    if (count > 0) notes.push(`${significant(count)} ${what}`);
  }
  return notes.join(", ");
}

function latencies(result: Result): string {
  const rows: [string, DistributionSummary][] = [
    ["first token (TTFT)", result.ttftSeconds],
    ["between tokens (ITL)", result.itlSeconds],
    ["a token (TPOT)", result.tpotSeconds],
    ["whole answer", result.e2eSeconds],
    ["in the queue", result.queueSeconds],
  ];
  const { measured } = result;
  if (measured !== undefined) {
    rows.push(
      ["measured: first token", measured.ttftSeconds],
      ["measured: a token", measured.tpotSeconds],
      ["measured: whole answer", measured.e2eSeconds],
    );
  }
  const cells = rows.map(([name, { mean, p50, p90, p99, max }]) => [
    name,
    ...[mean, p50, p90, p99, max].map((value) => (value === null ? "-" : formatSeconds(value))),
  ]);
  return align([["", "mean", "p50", "p90", "p99", "max"], ...cells]);
}

function percent(share: number): string {
  return `${significant(100 * share)}%`;
}
