import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createReferenceBackend, type ReferenceBackendOptions } from "../../../src/backends/reference/index.ts";
import { loadModel } from "../../../src/models/index.ts";
import { InvalidOptionError, OutOfMemoryError } from "../../../src/errors.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";

interface Golden {
  readonly promptIds: readonly number[];
  readonly genIds: readonly number[];
  readonly lastPromptLogitsTop5: readonly (readonly [id: number, logit: number])[];
}

const shared = fileURLToPath(new URL("../../../../shared/models/", import.meta.url));
const present = existsSync(`${shared}golden.json`);

describe.skipIf(!present)("real weights (skipped where ../shared/models is absent)", () => {
  const golden: Record<string, Golden[]> = present
    ? JSON.parse(readFileSync(`${shared}golden.json`, "utf8")).models
    : {};

  /** Tokens of an answer; test/goldens.test.ts has whole ones. */
  const TOKENS = 32;

  test.each(Object.entries(golden))("%s continues the golden prompts, all in one batch", async (name, cases) => {
    const { model } = await loadModel(`${shared}${name}-hf`);
    const backend = createReferenceBackend({
      model,
      blockCount: 96,
      blockSize: 16,
      maxTokens: 128,
      maxRequests: 5,
      keepLogits: true,
    });
    const driver = new PlanDriver(backend);
    const sequences = cases.map(({ promptIds }) => driver.start(promptIds));
    const wanted = cases.map(({ promptIds, genIds }) => [...promptIds, ...genIds.slice(0, TOKENS)]);
    const prompts = await driver.step(sequences.map((sequence) => ({ sequence })));
    for (const [i, { lastPromptLogitsTop5 }] of cases.entries()) {
      for (const [id, logit] of lastPromptLogitsTop5) {
        expect(Math.abs(prompts[i].logits![id] - logit)).toBeLessThan(1e-3);
      }
    }
    for (;;) {
      const unfinished = sequences.filter((sequence, i) => sequence.tokenIds.length < wanted[i].length);
      if (unfinished.length === 0) break;
      await driver.step(unfinished.map((sequence) => ({ sequence })));
    }
    expect(sequences.map(({ tokenIds }) => tokenIds)).toEqual(wanted);
    await backend.dispose();
  });
});

describe("createReferenceBackend", () => {
  const model = randomModel(1);
  const sizes = { model, blockCount: 8, blockSize: 4, maxTokens: 8, maxRequests: 2 };

  test("says what it is", () => {
    const { info } = createReferenceBackend({ ...sizes, hostBlockCount: 3 });
    expect(info).toMatchObject({
      name: "reference",
      blockCount: 8,
      hostBlockCount: 3,
      blockSize: 4,
      maxTokens: 8,
      maxRequests: 2,
    });
    expect(info).toMatchObject({
      contextLength: 128,
      vocabSize: 97,
      bytesPerBlock: 8 * 2 * 2 * 4 * 16,
      groups: [{ window: null }],
    });
    expect(createReferenceBackend(sizes).info.hostBlockCount).toBe(0);
  });

  test.each<[Partial<ReferenceBackendOptions>, string]>([
    [{ blockSize: 0 }, "blockSize must be an integer in [1, 1024], got 0"],
    [{ blockSize: 2.5 }, "blockSize must be an integer in [1, 1024], got 2.5"],
    [{ blockCount: 0 }, "blockCount must be an integer in [1, 536870910], got 0"],
    [{ blockCount: 2 ** 30 }, "blockCount must be an integer in [1, 536870910], got 1073741824"],
    [{ hostBlockCount: -1 }, "hostBlockCount must be an integer in [0, 536870910], got -1"],
    [{ maxTokens: Number.NaN }, "maxTokens must be an integer in [1, 2147483647], got NaN"],
    [{ maxRequests: 0 }, "maxRequests must be an integer in [1, 2147483647], got 0"],
  ])("refuses %o", (change, message) => {
    expect(() => createReferenceBackend({ ...sizes, ...change })).toThrow(InvalidOptionError);
    expect(() => createReferenceBackend({ ...sizes, ...change })).toThrow(message);
  });

  test("says how many bytes it could not have", () => {
    const blockCount = 500_000_000;
    expect(() => createReferenceBackend({ ...sizes, blockCount })).toThrow(
      expect.toSatisfy(
        (error) =>
          error instanceof OutOfMemoryError && /cannot allocate \d+ bytes for 500000000 blocks/.test(error.message),
      ),
    );
  });

  test("keeps logits only where asked", async () => {
    for (const keepLogits of [true, false]) {
      const driver = new PlanDriver(createReferenceBackend({ ...sizes, keepLogits }));
      const [sample] = await driver.step([{ sequence: driver.start([1, 2]) }]);
      expect(sample.logits?.length).toBe(keepLogits ? 97 : undefined);
    }
  });

  test("rejects a third step in flight, and that one alone", async () => {
    const driver = new PlanDriver(createReferenceBackend({ ...sizes, maxRequests: 3 }));
    const steps = [1, 2, 3].map((id) => driver.issue([{ sequence: driver.start([id]) }]).done);
    const outcomes = await Promise.allSettled(steps);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(outcomes[2]).toHaveProperty("reason.message", "2 steps are in flight already");
  });
});
