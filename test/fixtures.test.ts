/**
 * The tiny checkpoints of each family beside the repository, in the reference: ids and logits of llama.cpp, whatever
 * the chunks, the blocks and the company. Here a fixed sample of sizes; every combination runs as `npm run soak --
 * families`.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import { BstarError, InvalidModelError, UnsupportedModelError } from "../src/errors.ts";
import { bytesSource, loadGguf, loadModelFromFiles, type LoadedModel } from "../src/models/index.ts";
import { loadModel } from "../src/models/node.ts";
import { PlanDriver } from "../src/testing/index.ts";
import { FAMILY_GOLDENS, familyPrompts, runFamily } from "./support/family-goldens.ts";
import { fixtures, ifFixtures, noFixtures, readFixture } from "./support/fixtures.ts";
import { isSoak, soakCount } from "./support/soak.ts";

/** Token budget, block size, blocks beyond the longest request's: one of the first two a checkpoint in `npm test`. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [256, 16, 1000],
  [7, 4, 4],
  [64, 1, 30],
  [1, 16, 1000],
  [33, 16, 2],
  [5, 3, 0],
];
const TOLERANCE = 1e-3;

describe.skipIf(noFixtures)(`families${ifFixtures}`, () => {
  test.each(FAMILY_GOLDENS)("$name: every logit after each prompt is within 1e-3", async ({ name, path }) => {
    const { model } = await loadModel(path);
    const backend = createReferenceBackend({
      model,
      blockCount: 40,
      blockSize: 16,
      maxTokens: 256,
      maxRequests: 1,
      keepLogits: true,
    });
    for (const { ids, logits } of familyPrompts({ name, path })) {
      const driver = new PlanDriver(backend);
      const [sample] = await driver.step([{ sequence: driver.start(ids) }]);
      expect(Math.max(...logits.map((logit, i) => Math.abs(logit - sample.logits![i])))).toBeLessThan(TOLERANCE);
    }
  });

  /** Types of weights differ in their logits; batches, chunks and blocks treat them alike. */
  const batched = FAMILY_GOLDENS.filter(({ name }) => isSoak || name.startsWith("hf-"));

  test.each(batched.map((golden, i) => ({ ...golden, sizes: isSoak ? SIZES.slice(0, soakCount(6)) : [SIZES[i % 2]] })))(
    "$name: greedy ids together, in chunks, under small budgets and preemption, and again from the prefix cache",
    async ({ sizes, ...golden }) => {
      const loaded = await loadModel(golden.path);
      const prompts = familyPrompts(golden);
      // Blocks behind a window come free, so that a short pool need not preempt.
      const isWindowed = loaded.model.config.layers.some(({ window }) => window !== null);
      let preempted = 0;
      for (const [tokenBudget, blockSize, spareBlocks] of sizes) {
        const { answers, preemptions, cachedTokens } = await runFamily(loaded, prompts, {
          tokenBudget,
          blockSize,
          spareBlocks,
        });
        expect(answers).toEqual([...prompts, ...prompts].map(({ greedy }) => greedy));
        preempted += preemptions;
        if (spareBlocks > 10) expect(cachedTokens).toBeGreaterThan(0);
      }
      if (sizes.some(([, , spareBlocks]) => spareBlocks < 10)) expect(preempted > 0 || isWindowed).toBe(true);
    },
  );
});

interface BrokenFile {
  readonly file: string;
  readonly expect: string;
  readonly why: string;
}

const BROKEN = noFixtures ? [] : (readFixture("corrupt/manifest.json")["cases"] as BrokenFile[]);

describe.skipIf(noFixtures)(`broken files${ifFixtures}`, () => {
  /** The model of the folder `base` with this file, or of this GGUF file. */
  const load = (file: string): Promise<LoadedModel> => {
    const bytes = new Uint8Array(readFileSync(`${fixtures}corrupt/${file}`));
    if (file.endsWith(".gguf")) return loadGguf(bytesSource(bytes), file);
    return loadModelFromFiles("base", (name) =>
      Promise.resolve(name === "model.safetensors" ? bytes : readOrNull(`${fixtures}corrupt/base/${name}`)),
    );
  };

  test.each(BROKEN)("$file is $expect: $why", async ({ file, expect: wanted }) => {
    const outcome = await load(file).catch((error: unknown) => error);
    if (wanted === "ok") {
      expect((outcome as LoadedModel).model.layers.length).toBeGreaterThan(0);
    } else if (wanted === "unsupported") {
      expect(outcome).toBeInstanceOf(UnsupportedModelError);
    } else if (wanted !== "any" || outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(InvalidModelError);
    }
    if (outcome instanceof BstarError) {
      expect(outcome.message).toContain(file.endsWith(".gguf") ? file : "model.safetensors");
    }
  });
});

function readOrNull(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return null;
  }
}
