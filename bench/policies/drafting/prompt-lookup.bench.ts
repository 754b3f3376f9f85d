/** Steps that drafts save on text that repeats itself and on text that does not, and what a proposal costs. */
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { builtinModelFolder, loadModel } from "../../../src/models/node.ts";
import type { LoadedModel } from "../../../src/models/load.ts";
import type { Drafter } from "../../../src/policies/drafting/drafter.ts";
import type { Model } from "../../../src/model.ts";
import { promptLookup } from "../../../src/policies/drafting/prompt-lookup.ts";
import { randomModel } from "../../../src/testing/random-model.ts";
import type { BenchRow, Suite } from "../../bench.ts";

/** The built-in model's context is 512 tokens: a story, told twice, and room for a third time. */
const STORY_TOKENS = 120;
const ANSWER_TOKENS = 120;

export default async function (suite: Suite): Promise<BenchRow[]> {
  const drafter = promptLookup();
  const tokens = Int32Array.from({ length: 8192 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 20);
  suite.add("proposal in 8,192 tokens", () => drafter.propose(tokens, tokens.length, 4));
  const loaded = await loadModel(builtinModelFolder());
  const story = (
    await answer(loaded.model, { promptTokenIds: loaded.tokenizer.encode("Once upon a time"), maxTokens: STORY_TOKENS })
  ).tokenIds;
  return [
    await saved(
      loaded,
      "text that goes round in a loop (random weights, 5 tokens)",
      [1, 3, 2, 1],
      randomModel(1, { contextLength: 512, vocabSize: 5 }),
    ),
    await saved(loaded, "a story told a third time", [...story, ...story]),
    await saved(loaded, "a new story", loaded.tokenizer.encode("Once upon a time")),
  ];
}

async function saved(
  loaded: LoadedModel,
  what: string,
  promptTokenIds: readonly number[],
  model: Model = loaded.model,
): Promise<BenchRow> {
  const request = { promptTokenIds, maxTokens: ANSWER_TOKENS };
  const [plain, drafted] = [await answer(model, request), await answer(model, request, promptLookup())];
  if (plain.tokenIds.join() !== drafted.tokenIds.join()) throw new Error("drafts changed the answer");
  return {
    name: `steps with drafts, ${what}`,
    note: `${drafted.steps} instead of ${plain.steps} for ${plain.tokenIds.length} tokens: ${(plain.steps / drafted.steps).toFixed(2)}x fewer`,
  };
}

async function answer(
  model: Model,
  request: { promptTokenIds: readonly number[]; maxTokens: number },
  drafter?: Drafter,
): Promise<{ tokenIds: readonly number[]; steps: number }> {
  const backend = createReferenceBackend({ model, blockCount: 64, blockSize: 16, maxTokens: 512, maxRequests: 1 });
  await using engine = new Engine({ backend, drafter });
  const { tokenIds } = await engine.submit(request).completion();
  return { tokenIds, steps: engine.stats().steps };
}
