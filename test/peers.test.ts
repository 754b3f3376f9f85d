/**
 * Families and types of weights that no file beside the repository has: random tiny GGUF files, written here, whose
 * answers llama.cpp gave (scripts/family-peers.ts). With F32 weights it computes in float32; with blocks it rounds
 * activations to 8 bits, so that its answers are near and no more: there the file is compared with the numbers that it
 * was made of.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import type { Model } from "../src/model.ts";
import { bytesSource, loadGguf } from "../src/models/index.ts";
import { PlanDriver } from "../src/testing/index.ts";
import { CASE_PROMPT, FAMILY_CASES, fileOf } from "./support/family-cases.ts";
import { distance } from "./support/numbers.ts";

interface Answer {
  readonly greedy: readonly number[];
  /** Of the likeliest ids after the prompt. */
  readonly logprobs: Readonly<Record<string, number>>;
}

const PEERS = JSON.parse(readFileSync(new URL("support/family-peers.json", import.meta.url), "utf8")) as Record<
  string,
  Answer
>;

async function answer(model: Model, length: number): Promise<{ ids: number[]; logits: Float32Array }> {
  const backend = createReferenceBackend({
    model,
    blockCount: 40,
    blockSize: 16,
    maxTokens: 64,
    maxRequests: 1,
    keepLogits: true,
  });
  const driver = new PlanDriver(backend);
  const sequence = driver.start(CASE_PROMPT);
  const [first] = await driver.step([{ sequence }]);
  const ids = [first.tokenId];
  while (ids.length < length) ids.push((await driver.step([{ sequence }]))[0].tokenId);
  await backend.dispose();
  return { ids, logits: first.logits! };
}

describe.each(FAMILY_CASES)("$name", (each) => {
  const isFloat = each.options.dtype === undefined;

  test("gives llama.cpp's answers, and what the model that the file was made of computes", async () => {
    const { model: own, bytes } = fileOf(each);
    const { model } = await loadGguf(bytesSource(bytes), "case.gguf");
    expect(model.config.layers).toEqual(own.config.layers);
    const { greedy, logprobs } = PEERS[each.name];
    const { ids, logits } = await answer(model, isFloat ? greedy.length : 1);
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const errors = Object.entries(logprobs).map(([id, logprob]) => Math.abs(logits[Number(id)] - total - logprob));
    expect(Math.max(...errors)).toBeLessThan(isFloat ? 1e-3 : 1);
    if (isFloat) expect(ids).toEqual(greedy);
    expect(distance(logits, (await answer(own, 1)).logits)).toBeLessThan(1e-5);
  });
});
