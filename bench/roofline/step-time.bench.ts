/** What the simulator pays for a step: adding its requests, and the time itself; and the garbage that both leave. */
import { gpuNamed, modelNamed, StepLoad, StepTime } from "../../src/roofline/index.ts";
import type { BenchRow, Suite } from "../bench.ts";

const REQUESTS = 256;
const CALLS = 1000;
/** Enough for a byte a step to show over the heap's own noise of some kilobytes. */
const GARBAGE_STEPS = 100_000;

export default function (suite: Suite): BenchRow[] {
  const shape = modelNamed("gemma-2-2b"); // two kinds of layers: the dearer case
  const time = new StepTime({ gpu: gpuNamed("h100"), shape });
  const load = new StepLoad(shape);
  let sum = 0;
  let context = 1000;
  const fill = () => {
    load.clear();
    context = context === 8000 ? 1000 : context + 1;
    for (let request = 0; request < REQUESTS; request++) load.add(1, context, 1);
  };
  fill();
  suite.add("stepSeconds", () => { for (let call = 0; call < CALLS; call++) sum += time.stepSeconds(load); }, { opsPerCall: CALLS, aim: "< 100 ns" });
  suite.add(`add ${REQUESTS} decodes, two kinds of layers`, fill);
  fill();
  const before = heapUsed();
  for (let step = 0; step < GARBAGE_STEPS; step++) {
    load.clear();
    load.add(1, 1 + (step & 4095), 1);
    sum += time.stepSeconds(load);
  }
  const bytes = before === null ? "unknown without --expose-gc" : `${((process.memoryUsage().heapUsed - before) / GARBAGE_STEPS).toFixed(2)} bytes a step`;
  if (!Number.isFinite(sum)) throw new Error("a step's time is not a number");
  return [{ name: "garbage of clear, add and stepSeconds", note: bytes, aim: "0" }];
}

/** Bytes in use after a collection, or null where the process cannot ask for one. */
function heapUsed(): number | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
