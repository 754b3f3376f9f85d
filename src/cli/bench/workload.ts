import { PoissonArrivals, type Workload, workloadNamed } from "../../sim/index.ts";
import { openTrace } from "../../sim/traces/trace-file.ts";
import { UsageError } from "../failure.ts";
import type { Load } from "./measured.ts";
import type { BenchServeOptions } from "./options.ts";

/** Workloads that need no knowledge of the tokens that a server answers with. */
export const BENCH_WORKLOADS = ["poisson", "gamma", "on-off", "shared-prefix", "closed-loop"] as const;

/** The loads of a run, one or more of a sweep. Throws `UsageError` for options that contradict each other. */
export function loadsOf(options: BenchServeOptions): Load[] {
  refuseContradictions(options);
  const loads: Load[] = [
    ...(options.rate ?? []).map((rate) => ({ rate, concurrency: null })),
    ...(options.concurrency ?? []).map((concurrency) => ({ rate: null, concurrency })),
  ];
  if (loads.length > 1 && options.sweep !== true) throw new UsageError("several values of an option need --sweep");
  return loads.length > 0 ? loads : [{ rate: null, concurrency: null }];
}

function refuseContradictions({ rate, concurrency, trace, workload = "" }: BenchServeOptions): void {
  const isClosed = workload === "closed-loop";
  const rules: readonly (readonly [boolean, string])[] = [
    [trace !== undefined && workload !== "", "give either --trace or --workload"],
    [rate !== undefined && concurrency !== undefined, "give either --rate or --concurrency"],
    [isClosed && rate !== undefined, "--rate has no effect in a closed loop: give --concurrency"],
    [
      concurrency !== undefined && (trace !== undefined || (workload !== "" && !isClosed)),
      "--concurrency is of the workload closed-loop",
    ],
    [(rate ?? concurrency) === undefined && trace === undefined, "give --rate, --concurrency or --trace"],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken !== undefined) throw new UsageError(broken[1]);
}

/** The name of the workload of a load; undefined of a trace. */
export function workloadName({ trace, workload }: BenchServeOptions, load: Load): string | undefined {
  if (trace !== undefined) return undefined;
  return workload ?? (load.concurrency === null ? "poisson" : "closed-loop");
}

/** The requests of one load, anew. Rejects with `TraceError` and `InvalidOptionError`. */
export async function workloadOf(options: BenchServeOptions, load: Load): Promise<Workload> {
  const { trace, seed, promptTokens, outputTokens, lengthCv = 0 } = options;
  if (trace === undefined) {
    return workloadNamed(workloadName(options, load)!, {
      rate: load.rate ?? undefined,
      concurrency: load.concurrency ?? undefined,
      promptTokens,
      outputTokens,
      lengthCv,
      seed,
    });
  }
  const { workload, hasTimes } = await openTrace(trace, seed);
  if (load.rate !== null) return new PoissonArrivals(workload, load.rate, seed);
  if (!hasTimes) throw new UsageError(`${trace} has lengths without times: give the arrivals with --rate`);
  return workload;
}
