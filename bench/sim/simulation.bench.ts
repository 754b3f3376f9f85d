/**
 * How many requests the simulator gets through in a second, all metrics on: the Azure trace, and short requests without
 * end.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { poisson, simulate, type SimulateOptions } from "../../src/sim/index.ts";
import { openTrace } from "../../src/sim/traces/trace-file.ts";
import type { BenchRow } from "../bench.ts";

const TRACE = fileURLToPath(new URL("../../../shared/traces/azure2023_conv.csv", import.meta.url));

/** Runs of each row: the first is slower, while the code is being compiled. */
const RUNS = 5;

const SHORT_REQUESTS = 50_000;

type Options = Omit<SimulateOptions, "workload" | "gpu" | "shape">;

export default async function (): Promise<BenchRow[]> {
  const short = () => Promise.resolve(poisson({ rate: 60, seed: 0, promptTokens: 100, outputTokens: 20 }));
  const rows = [
    await row(`${SHORT_REQUESTS} short requests (100 in, 20 out), Llama-2-7B on one H100`, "h100", short, {
      maxArrivals: SHORT_REQUESTS,
    }),
  ];
  if (!existsSync(TRACE)) return [...rows, { name: "azure2023_conv", note: "skipped: ../shared/traces is absent" }];
  const azure = async () => (await openTrace(TRACE, 0)).workload;
  const name = "azure2023_conv, Llama-2-7B on one A100, budget 512";
  rows.push({
    ...(await row(name, "a100-80gb", azure, {})),
    aim: ">= 25,000 requests/s in the first run of a process",
    reference: "Vidur 555 requests/s, the same run",
  });
  rows.push(await row(`${name}, prefix cache off`, "a100-80gb", azure, { prefixCaching: false }));
  return rows;
}

/** The median run's pace, by the time that the loop takes. */
async function row(
  name: string,
  gpu: string,
  workload: () => Promise<SimulateOptions["workload"]>,
  options: Options,
): Promise<BenchRow> {
  const seconds: number[] = [];
  let requests = 0;
  for (let run = 0; run < RUNS; run++) {
    const { summary } = await simulate({
      ...options,
      gpu: gpuNamed(gpu),
      shape: modelNamed("llama-2-7b"),
      workload: await workload(),
    });
    seconds.push(summary.loopSeconds);
    requests = summary.requests.completed;
  }
  const [best, , median] = seconds.toSorted((a, b) => a - b);
  return {
    name,
    note: `${Math.round(requests / median).toLocaleString("en")} requests/s, the best of ${RUNS} runs ${Math.round(requests / best).toLocaleString("en")}`,
  };
}
