import { describe, expect, test } from "vitest";
import type { Launch } from "../../../src/backends/webgpu/launch.ts";
import type { Wants } from "../../../src/backends/webgpu/sampler.ts";
import { Program } from "../../../src/backends/webgpu/program.ts";

const launch = (name: string): Launch => ({
  pipeline: name as unknown as GPUComputePipeline,
  bindGroup: {} as GPUBindGroup,
  width: 0,
  rows: 1,
});
const pair = (name: string) => ({ byClass: [launch(`${name} few`), launch(`${name} many`)] });
const sampler = (tile: number) => ({
  greedy: launch(`greedy ${tile}`),
  sample: launch(`sample ${tile}`),
  logprobs: launch(`logprobs ${tile}`),
  edit: launch(`edit ${tile}`),
  greedyOfEdited: launch(`greedy of edited ${tile}`),
  sampleOfEdited: launch(`sample of edited ${tile}`),
});

/** Two token launches and tiles of four samples. */
const program = new Program(
  { tokens: [pair("embed"), pair("layer")], tiles: [[pair("logits 0")], [pair("logits 1")]] },
  [sampler(0), sampler(1)],
  4,
  [2, 100],
);

/** What a step dispatches: "name x rows". */
function record(tokenCount: number, sampleCount: number, wants: Partial<Wants> = {}): string[] {
  const calls: string[] = [];
  let current = "";
  const pass = {
    setPipeline: (name: string) => (current = name),
    setBindGroup: () => {},
    dispatchWorkgroups: (rows: number) => calls.push(`${current} x ${rows}`),
    end: () => calls.push("end"),
  };
  const encoder = { beginComputePass: () => pass } as unknown as GPUCommandEncoder;
  const wanted = { edits: false, draws: false, logprobs: false, ...wants };
  program.encode(encoder, { tokenCount, sampleCount, segments: 1 }, wanted);
  return calls;
}

describe("Program", () => {
  test("runs all of a step in one pass, variants by the number of rows", () => {
    expect(record(5, 2)).toEqual(["embed many x 5", "layer many x 5", "logits 0 few x 2", "greedy 0 x 2", "end"]);
    expect(record(2, 0)).toEqual(["embed few x 2", "layer few x 2", "end"]);
  });

  test("draws from edited logits where there are edits, and takes log probabilities of the others", () => {
    expect(record(2, 2, { edits: true, draws: true, logprobs: true }).slice(3, -1)).toEqual([
      "greedy 0 x 2",
      "edit 0 x 2",
      "greedy of edited 0 x 2",
      "sample of edited 0 x 2",
      "logprobs 0 x 2",
    ]);
  });

  test("samples tile by tile, with draws and log probabilities only where they are wanted", () => {
    expect(record(6, 6, { draws: true, logprobs: true }).slice(2)).toEqual([
      "logits 0 many x 4",
      "greedy 0 x 4",
      "sample 0 x 4",
      "logprobs 0 x 4",
      "logits 1 few x 2",
      "greedy 1 x 2",
      "sample 1 x 2",
      "logprobs 1 x 2",
      "end",
    ]);
    expect(record(1, 1, { draws: true, logprobs: false }).slice(2)).toEqual([
      "logits 0 few x 1",
      "greedy 0 x 1",
      "sample 0 x 1",
      "end",
    ]);
  });

  test("runs the kernels of a class before one that is not kept, and of a class that is forced", () => {
    const calls: string[] = [];
    const own = new Program({ tokens: [pair("layer")], tiles: [[]] }, [sampler(0)], 4, [2, 100]);
    const pass = {
      setPipeline: (name: string) => calls.push(name),
      setBindGroup: () => {},
      dispatchWorkgroups: () => {},
      end: () => {},
    };
    const encoder = { beginComputePass: () => pass } as unknown as GPUCommandEncoder;
    const size = { tokenCount: 5, sampleCount: 0, segments: 1 };
    const wants = { edits: false, draws: false, logprobs: false };
    own.encode(encoder, size, wants);
    own.encode(encoder, size, wants, 0);
    own.keep([true, false]);
    own.encode(encoder, size, wants);
    expect(own.classCount).toBe(2);
    expect(own.pipelines).toEqual(["layer few", "layer many"]);
    expect(calls).toEqual(["layer many", "layer few", "layer few"]);
  });

  test("begins no pass for a step of moves alone", () => expect(record(0, 0)).toEqual([]));
});
