/**
 * Prints the table of errors in docs/models.md: the built-in model with each type of weights and of keys and values,
 * against float64. The text is the goldens' prompts with their answers; the perplexity is over the answers' tokens.
 */
import { readFileSync } from "node:fs";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import { type KvType, KV_TYPES } from "../src/kv-type.ts";
import type { Model } from "../src/model.ts";
import { builtinModelFolder, loadModel } from "../src/models/node.ts";
import { PlanDriver } from "../src/testing/index.ts";

interface Golden {
  readonly promptIds: readonly number[];
  readonly genIds: readonly number[];
}

const BLOCK_SIZE = 16;
const { prompts } = JSON.parse(readFileSync(`${builtinModelFolder()}/goldens.json`, "utf8")) as { prompts: Golden[] };
const plain = (await loadModel("builtin")).model;
const oracle = await logitsOf(plain);

console.log("| weights | keys and values | largest logit error | perplexity |\n|---|---|---|---|");
row("BF16, as it is", "float64", oracle);
for (const kv of KV_TYPES) row("BF16, as it is", kv, await logitsOf(plain, kv));
for (const quantize of ["Q8_0", "Q4_0"] as const) {
  const { model } = await loadModel("builtin", { quantize });
  row(quantize, "float64", await logitsOf(model));
  row(quantize, "int8", await logitsOf(model, "int8"));
}

/** Logits that predict each token of each answer. */
async function logitsOf(model: Model, kv?: KvType): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  const backend = createReferenceBackend({
    model,
    blockCount: 40,
    blockSize: BLOCK_SIZE,
    maxTokens: 512,
    maxRequests: 1,
    keepLogits: true,
    kv,
  });
  for (const { promptIds, genIds } of prompts) {
    const driver = new PlanDriver(backend);
    const sequence = driver.start([...promptIds, ...genIds.slice(0, -1)]);
    const samples = await driver.step([{ sequence, sample: "all" }]);
    all.push(...samples.slice(-genIds.length).map(({ logits }) => logits!.slice()));
  }
  await backend.dispose();
  return all;
}

function row(weights: string, kv: string, logits: readonly Float32Array[]): void {
  const error = Math.max(
    ...logits.map((each, i) => Math.max(...each.map((logit, id) => Math.abs(logit - oracle[i][id])))),
  );
  const ids = prompts.flatMap(({ genIds }) => genIds);
  const losses = logits.map(
    (each, i) => Math.log(each.reduce((sum, logit) => sum + Math.exp(logit), 0)) - each[ids[i]],
  );
  const perplexity = Math.exp(losses.reduce((a, b) => a + b) / losses.length);
  console.log(`| ${weights} | ${kv} | ${error.toPrecision(2)} | ${perplexity.toFixed(4)} |`);
}
