import { createCpuBackend } from "../../backends/cpu/index.ts";
import { type DecoderConfig, plainDecoder } from "../../decoder.ts";
import { Engine } from "../../engine/engine.ts";
import { type Gpu, gpuFromMeasurement, shapeOfDecoder } from "../../roofline/index.ts";
import { filledModel } from "./filled-model.ts";

/** 100 million weights: far beyond a processor's caches, and read in about 20 ms. */
const MODEL = plainDecoder(8, {
  vocabSize: 8192,
  hiddenSize: 1024,
  intermediateSize: 2816,
  headCount: 16,
  kvHeadCount: 4,
  headDim: 64,
  contextLength: 512,
  tiedEmbeddings: true,
});

const PROMPT = 128;
const TOKENS = 16;

/** Runs that count; the first one warms up. */
const RUNS = 5;

/** Q8_0: a byte a weight, and two for every 32. */
const WEIGHT_BITS = 8.5;

/** What WebAssembly addresses. */
const MEMORY_BYTES = 2 ** 32;

/**
 * This machine's CPU for `bstar roofline --gpu FILE`: prefill and decode of a model in Q8_0 by the CPU backend, in some
 * seconds.
 */
export async function calibrateCpu(config: DecoderConfig = MODEL): Promise<Gpu> {
  const model = filledModel(config, "Q8_0");
  const sizes = { blockCount: 32, blockSize: 16, maxTokens: PROMPT, maxRequests: 1 };
  const backend = await createCpuBackend({ model, ...sizes });
  await using engine = new Engine({ backend, tokenBudget: PROMPT });
  const promptTokenIds = Array.from({ length: PROMPT }, (_, i) => i);
  const request = { promptTokenIds, maxTokens: 1 + TOKENS, ignoreStopTokenIds: true, skipPrefixCache: true };
  const [prompts, steps]: [number[], number[]] = [[], []];
  for (let run = 0; run <= RUNS; run++) {
    const times = [performance.now()];
    for await (const _ of engine.submit(request)) times.push(performance.now());
    const [prompt, ...decodes] = times.slice(1).map((time, i) => (time - times[i]) / 1000);
    if (run === 0) continue;
    prompts.push(prompt);
    steps.push(...decodes);
  }
  return gpuFromMeasurement({
    name: "cpu",
    shape: shapeOfDecoder(config, "8 layers of width 1024 in Q8_0"),
    weightBits: WEIGHT_BITS,
    sampled: true,
    floorSeconds: lowerQuartile(steps),
    secondsPerToken: lowerQuartile(prompts) / PROMPT,
    memoryBytes: MEMORY_BYTES,
  });
}

/** Other work on the machine only adds to a time. */
function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)];
}
