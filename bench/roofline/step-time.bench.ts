/** What the simulator pays for a step: adding its requests, and the time itself; and the garbage that both leave. */
import { gpuNamed, modelNamed, StepLoad, StepTime } from "../../src/roofline/index.ts";
import type { BenchRow, Suite } from "../bench.ts";

const REQUESTS = 256;
const CALLS = 1000;
/**
 * Many enough that the start, where a caller not yet optimized has each returned number boxed in 16 bytes, counts
 * little.
 */
const GARBAGE_STEPS = 2_000_000;

export default function (suite: Suite): BenchRow[] {
  const shape = modelNamed("gemma-2-2b"); // two kinds of layers: the dearer case
  const time = new StepTime({ gpu: gpuNamed("h100"), shape });
  const load = new StepLoad(shape);
  let context = 1000;
  const fill = () => {
    load.clear();
    context = context === 8000 ? 1000 : context + 1;
    for (let request = 0; request < REQUESTS; request++) load.add(1, context, 1);
  };
  fill();
  const repeat = () => {
    let sum = 0;
    for (let call = 0; call < CALLS; call++) sum += time.stepSeconds(load);
    return sum;
  };
  suite.add("stepSeconds", repeat, { opsPerCall: CALLS, aim: "< 100 ns" });
  suite.add(`add ${REQUESTS} decodes, two kinds of layers`, fill);
  return [{ name: "garbage of clear, add and stepSeconds", note: garbage(time, load), aim: "0 once optimized" }];
}

/** Bytes that steps leave, after as many to warm up. */
function garbage(time: StepTime, load: StepLoad): string {
  if (globalThis.gc === undefined) return "unknown without --expose-gc";
  runSteps(time, load);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const seconds = runSteps(time, load);
  const bytes = process.memoryUsage().heapUsed - before;
  if (!Number.isFinite(seconds)) throw new Error("a step's time is not a number");
  return `${(bytes / GARBAGE_STEPS).toFixed(2)} bytes a step`;
}

/** The sum is a local: one that a closure shares is boxed at every store. */
function runSteps(time: StepTime, load: StepLoad): number {
  let sum = 0;
  for (let step = 0; step < GARBAGE_STEPS; step++) {
    load.clear();
    load.add(1, 1 + (step & 4095), 1);
    sum += time.stepSeconds(load);
  }
  return sum;
}
