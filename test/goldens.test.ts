/**
 * Greedy answers of real weights are the stored ones, token for token, whatever the chunks, the blocks and the company:
 * a sample of sizes.
 * The full grid (every budget from 1 to 64, every block size, roomy and tight pools, whole answers) is `npm run soak --
 * goldens`.
 */
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import type { LoadedModel } from "../src/models/load.ts";
import { PlanDriver } from "../src/testing/plan-driver.ts";
import {
  expectedAnswers,
  GOLDEN_MODELS,
  GOLDEN_SIZES,
  goldenModel,
  isHere,
  loadGoldenModel,
  runGoldens,
  SHORT,
} from "./support/goldens.ts";
import { ifShared } from "./support/model-files.ts";

/** Prompts that run alone; the tight pool below has whole answers of all prompts of the built-in model. */
const ALONE = 1;

/** Every sixth of the sizes for each model, which begins at its own place. */
const sizesOf = (model: number): typeof GOLDEN_SIZES => GOLDEN_SIZES.filter((_, i) => i % 6 === 2 * model);

const MODELS = GOLDEN_MODELS.map((name, i) => ({
  name,
  sizes: sizesOf(i),
  /** Tokens of an answer in the tight pool. */
  most: i === 0 ? 200 : 60,
  label: isHere(name) ? name : name + ifShared,
  isMissing: !isHere(name),
}));

describe.each(MODELS)("$label", ({ name, sizes, most, isMissing }) => {
  const goldens = isMissing ? [] : goldenModel(name).goldens;
  let loading: Promise<LoadedModel> | undefined;
  const load = (): Promise<LoadedModel> => (loading ??= loadGoldenModel(goldenModel(name)));

  test.skipIf(isMissing)("prompts have their ids", async () => {
    const { tokenizer } = await load();
    for (const { prompt, promptIds } of goldens) expect(tokenizer.encode(prompt)).toEqual(promptIds);
  });

  test.skipIf(isMissing)("the five largest logits after the prompt are within 1e-3", async () => {
    const backend = createReferenceBackend({
      model: (await load()).model,
      blockCount: 32,
      blockSize: 16,
      maxTokens: 512,
      maxRequests: 1,
      keepLogits: true,
    });
    for (const { promptIds, top5 } of goldens) {
      const driver = new PlanDriver(backend);
      const [{ logits }] = await driver.step([{ sequence: driver.start(promptIds) }]);
      for (const [id, logit] of top5) expect(Math.abs(logits![id] - logit), `logit of ${id}`).toBeLessThan(1e-3);
      const likeliest = [...logits!.keys()].toSorted((a, b) => logits![b] - logits![a]).slice(0, 5);
      expect(likeliest).toEqual(top5.map(([id]) => id));
    }
    await backend.dispose();
  });

  test.skipIf(isMissing)("alone, to the end", async () => {
    for (const golden of goldens.slice(0, ALONE)) {
      const { answers } = await runGoldens(await load(), [golden], {
        tokenBudget: 64,
        blockSize: 16,
        tight: false,
        maxTokens: 200,
      });
      expect(answers).toEqual([golden.genIds]);
    }
  });

  test.skipIf(isMissing)(
    `all together, ${most} tokens each, in a pool so small that they are preempted and resumed`,
    async () => {
      const { answers, stats } = await runGoldens(await load(), goldens, {
        tokenBudget: 64,
        blockSize: 16,
        tight: true,
        maxTokens: most,
      });
      expect(answers).toEqual(expectedAnswers(goldens, most));
      expect(stats.preemptions).toBeGreaterThan(0);
      expect(stats.heldBlocks).toBe(0);
    },
  );

  test.skipIf(isMissing).each(sizes)(
    "all together: %i tokens a step, blocks of %i, tight pool %s",
    async (tokenBudget, blockSize, tight) => {
      const { answers, stats } = await runGoldens(await load(), goldens, {
        tokenBudget,
        blockSize,
        tight,
        maxTokens: SHORT,
      });
      expect(answers).toEqual(expectedAnswers(goldens, SHORT));
      expect(stats.heldBlocks).toBe(0);
    },
  );
});
