/** One large check: a test file or a script, which reads its number from the environment variable BSTAR_SOAK. */
export interface SoakCheck {
  readonly name: string;
  /** How many `of` the check runs. */
  readonly count: number;
  readonly of: string;
  /** A file of `test/` runs in Vitest, a file of `scripts/` in Node. */
  readonly file: string;
}

/** Every large check with the number that it promises. `npm test` runs a fixed small sample of each. */
export const SOAK_CHECKS: readonly SoakCheck[] = [
  { name: "faults", count: 100_000, of: "seeds of the fault injection", file: "test/testing/fault-injection.test.ts" },
  { name: "laws", count: 100_000, of: "random programs under the scheduler's laws", file: "test/laws.test.ts" },
  {
    name: "allocators",
    count: 1000,
    of: "programs a law on four allocators",
    file: "test/testing/allocator/conformance.test.ts",
  },
  {
    name: "long-program",
    count: 100_000,
    of: "commands of one program of the KV cache",
    file: "test/testing/kv-cache-allocator.test.ts",
  },
  { name: "policies", count: 200, of: "seeds of each policy", file: "test/testing/policy-conformance.test.ts" },
  { name: "mutants", count: 10, of: "seeds for each planted allocator bug", file: "scripts/mutants.ts" },
  {
    name: "goldens",
    count: 200,
    of: "tokens an answer, in 384 runs of each model on the reference backend",
    file: "scripts/soak-goldens.ts",
  },
  {
    name: "mutated",
    count: 5000,
    of: "mutations of a GGUF, a safetensors, a config and a tokenizer file",
    file: "test/mutated.test.ts",
  },
  {
    name: "families",
    count: 6,
    of: "sizes of the greedy ids of each tiny checkpoint beside the repository",
    file: "test/fixtures.test.ts",
  },
  {
    name: "webgpu",
    count: 200,
    of: "tokens of the longest answers, under 13 sizes of each model on the WebGPU device",
    file: "test/backends/webgpu/backend.test.ts",
  },
  {
    name: "hostile",
    count: 20_000,
    of: "hostile requests of each kind to the server",
    file: "test/promises/hostile-requests.test.ts",
  },
  {
    name: "streams",
    count: 600,
    of: "seconds of 200 concurrent streams that are left at random",
    file: "test/promises/many-streams.test.ts",
  },
  {
    name: "serving",
    count: 198,
    of: "runs of real servers, every one of them whole",
    file: "test/sim/engines.test.ts",
  },
  {
    name: "webgpu-families",
    count: 165,
    of: "families with types of weights and of keys and values on the WebGPU device",
    file: "test/backends/webgpu/forward.test.ts",
  },
  {
    name: "webgpu-goldens",
    count: 48,
    of: "tiny checkpoints with types of keys and values on the WebGPU device",
    file: "test/backends/webgpu/device-weights.test.ts",
  },
  {
    name: "webgpu-kernels",
    count: 9,
    of: "variants of the matrix product, each with every kind of outputs, and attention with heads of 64 to 256",
    file: "test/backends/webgpu/kernels",
  },
  {
    name: "schemas",
    count: 1000,
    of: "random JSON schemas against ajv",
    file: "test/grammar/json-schema/compile.test.ts",
  },
  {
    name: "steering",
    count: 4000,
    of: "random programs with edits, masks and scores of prompts",
    file: "test/scheduler/steer.test.ts",
  },
  {
    name: "answers",
    count: 1000,
    of: "random schemas whose answers ajv accepts, through the whole engine",
    file: "test/promises/grammars.test.ts",
  },
  {
    name: "prompts",
    count: 1,
    of: "times the log probabilities of prompts on the WebGPU device, too",
    file: "test/promises/prompt-logprobs.test.ts",
  },
  {
    name: "cpu",
    count: 200,
    of: "tokens of the longest answers, under 13 sizes of each model on the CPU backend",
    file: "test/backends/cpu/backend.test.ts",
  },
  {
    name: "cpu-kernels",
    count: 1,
    of: "times every conformance case for each weight type, KV type and part of a decoder",
    file: "test/backends/cpu/create.test.ts",
  },
  {
    name: "batches",
    count: 84,
    of: "types of weights with types of keys and values, alone and in batches, on the reference and CPU backends",
    file: "test/batch-invariance.test.ts",
  },
  {
    name: "portable",
    count: 2,
    of: "pages of Chromium whose logits are those of Node, and one with an engine in a worker, beside the other runtimes",
    file: "test/portable.test.ts",
  },
];
