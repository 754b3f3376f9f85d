import { describe, expect, it, test } from "vitest";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import type { Model } from "../../src/model.ts";
import {
  type BackendSizes,
  type ConformanceCase,
  type MakeBackend,
  backendConformance,
  randomModel,
} from "../../src/testing/index.ts";
import { BACKEND_MUTANTS } from "../support/backend-mutants/index.ts";
import { LateBackend } from "../support/backend-mutants/promises.ts";
import { recordingRunner } from "../support/recording-runner.ts";
import { ToyBackend } from "../support/toy-backend.ts";

/** Models with the sizes of blocks that they run with. */
const MODELS: Readonly<Record<string, { model: Model; blockSizes: readonly number[] }>> = {
  "grouped heads": { model: randomModel(1), blockSizes: [1, 4, 16] },
  "ties in every greedy choice": { model: randomModel(2, { tiedLogits: true }), blockSizes: [4] },
  "one key head, tied embeddings, another shape": {
    blockSizes: [16],
    model: randomModel(3, {
      headCount: 3,
      kvHeadCount: 1,
      headDim: 6,
      hiddenSize: 20,
      vocabSize: 30,
      contextLength: 70,
      tiedEmbeddings: true,
    }),
  },
};

describe.each(Object.entries(MODELS))("the reference backend, a model with %s", (_, { model, blockSizes }) => {
  const make: MakeBackend = (sizes) => createReferenceBackend({ model, ...sizes });
  backendConformance(make, { runner: { describe, it }, oracle: make, tolerance: 0, blockSizes });
});

test("a model of two block groups finds room for a context of 256", async () => {
  const layers = [null, 32].map((window) => ({ window, rope: 0, experts: false }));
  const model = randomModel(4, { layers, contextLength: 256 });
  const make: MakeBackend = (sizes) => createReferenceBackend({ model, ...sizes });
  const cases = backendConformance(make, { blockSizes: [16] });
  for (const each of cases) if (/whole context|swapping in|moves are read|table/.test(each.name)) await each.run();
});

describe("a backend that is right passes", () => {
  test.each([[null], [6], [1], [null, 6], [6, null], [40, 7]].map((windows) => [windows]))(
    "with windows of %s",
    async (windows) => {
      const groups = windows.map((window) => ({ window }));
      const make: MakeBackend = (sizes) => new ToyBackend({ ...sizes, groups });
      await runAll(backendConformance(make, { oracle: make, tolerance: 0, blockSizes: [1, 3, 16] }));
    },
  );

  test("that begins everything a turn late", async () => {
    await runAll(backendConformance((sizes) => new LateBackend(sizes), { blockSizes: [4] }));
  });
});

/** The cases that find whatever is read late: all others pass, and would run for each column. */
const READ_AT_ONCE = /read before execute returns/;

describe("a planted bug breaks a case", () => {
  test.each(BACKEND_MUTANTS)("$bug", async ({ bug, Backend, groups, oracle }) => {
    const cases = backendConformance((sizes) => new Backend({ ...sizes, groups }), {
      blockSizes: [4],
      oracle: oracle === true ? (sizes) => new ToyBackend({ ...sizes, groups }) : undefined,
    });
    const named = bug.includes("read late") ? cases.filter(({ name }) => READ_AT_ONCE.test(name)) : cases;
    await expect(runAll(named)).rejects.toThrow(/./);
  });

  test("each bug has a name of its own", () => {
    expect(new Set(BACKEND_MUTANTS.map(({ bug }) => bug)).size).toBe(BACKEND_MUTANTS.length);
  });
});

async function runAll(cases: readonly ConformanceCase[]): Promise<void> {
  for (const { run } of cases) await run();
}

describe("backendConformance", () => {
  const asked: BackendSizes[] = [];
  const make: MakeBackend = (sizes) => {
    asked.push(sizes);
    throw new Error("made");
  };

  test("gives named cases that no runner is needed for", async () => {
    const cases = backendConformance(make, { blockSizes: [8] });
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const each of cases) {
      if (!each.name.startsWith("logits agree with the oracle")) await expect(each.run()).rejects.toThrow("made");
    }
    expect(new Set(asked.map(({ blockSize }) => blockSize))).toEqual(new Set([8]));
  });

  test("registers every case with the runner given", () => {
    const { runner, registered } = recordingRunner();
    const cases = backendConformance(make, { runner });
    expect(registered).toEqual(["backend conformance", ...cases.map(({ name }) => name)]);
  });

  test("runs the cases of blocks at each size, 1, 4 and 16 unless told otherwise", () => {
    const sizesOf = (name: string): number[] =>
      backendConformance(make)
        .filter((each) => each.name.startsWith(name))
        .map((each) => Number(/\d+/.exec(each.name)?.[0]));
    expect(sizesOf("any chunking")).toEqual([1, 4, 16]);
    expect(sizesOf("sampling follows the rule")).toEqual([1]);
  });
});
