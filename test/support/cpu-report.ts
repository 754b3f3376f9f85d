import { createCpuBackend } from "../../src/backends/cpu/index.ts";
import { PlanDriver } from "../../src/testing/plan-driver.ts";
import { type RandomModelOptions, randomModel } from "../../src/testing/random-model.ts";

const BLOCKS = { hiddenSize: 64, intermediateSize: 96, headDim: 16 };

/** What differs between runtimes, if anything does: rotary tables, exponentials, rounding, sampling. */
const MODELS: Readonly<Record<string, RandomModelOptions>> = {
  F32: {},
  BF16: { dtype: "BF16", attentionSoftCap: 20, logitSoftCap: 15, activation: "gelu_tanh" },
  Q8_0: { dtype: "Q8_0", ...BLOCKS, queryKeyNorm: true },
  Q4_0: { dtype: "Q4_0", ...BLOCKS, norm: { kind: "rms", epsilon: 1e-6, place: "around" } },
};

/**
 * A hash of the logits, log probabilities and sampled ids of each model, in one line. Equal on every machine and
 * runtime.
 */
export async function cpuReport(threads: number): Promise<string> {
  const hashes: string[] = [];
  for (const [name, options] of Object.entries(MODELS)) hashes.push(`${name} ${await hashOf(options, threads)}`);
  return hashes.join(", ");
}

async function hashOf(options: RandomModelOptions, threads: number): Promise<string> {
  const sizes = { blockCount: 32, blockSize: 4, maxTokens: 64, maxRequests: 2, keepLogits: true, kv: "f16" as const };
  const backend = await createCpuBackend({ model: randomModel(7, options), ...sizes, threads });
  const driver = new PlanDriver(backend);
  const sampling = { temperature: 0.9, topP: 0.9, seed: 11, logprobs: 5 };
  const sequence = driver.start(
    Array.from({ length: 40 }, (_, i) => (i * i) % 97),
    { sampling },
  );
  let hash = 0x811c9dc5;
  for (let step = 0; step < 8; step++) {
    const [{ logits, tokenId, logprob }] = await driver.step([{ sequence }]);
    const words = new Uint32Array(Float32Array.of(...logits!, logprob!, tokenId).buffer);
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  }
  await backend.dispose();
  return hash.toString(16).padStart(8, "0");
}
