import { type BackendCase, type BackendSizes, type ConformanceCase, type MakeBackend } from "./backend-cases/backend-case.ts";
import { blockCases } from "./backend-cases/blocks.ts";
import { numericCases } from "./backend-cases/numerics.ts";
import { orderCases } from "./backend-cases/order.ts";
import { samplingCases } from "./backend-cases/sampling.ts";

export type { BackendSizes, ConformanceCase, MakeBackend };

/** Two functions of a test runner; those of vitest, node:test, Jest and Mocha will do. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

export interface ConformanceOptions {
  /** Registers every case under one `describe`. Default: none, the caller runs the cases. */
  readonly runner?: TestRunner;
  /** A backend of the same model to compare logits with. Default none. */
  readonly oracle?: MakeBackend;
  /** Largest absolute difference of a logit from the oracle's. Default 1e-3. */
  readonly tolerance?: number;
  /** Default 1, 4 and 16. */
  readonly blockSizes?: readonly number[];
}

const DEFAULT_BLOCK_SIZES = [1, 4, 16];
/** Slots of the pool: a context of 256 beside a batch of four short prompts. */
const POOL_TOKENS = 384;

/**
 * The rules that every backend keeps, as named cases that need no test framework. `makeBackend` makes a backend of the
 * sizes asked for, always with the same model, whose context is at least 64 tokens; `randomModel()` will do, and
 * `randomModel(seed, { tiedLogits: true })` shows how ties are broken.
 *
 * Logits are compared where results have them. Cases of a part that `info` or the options do not have (host tier,
 * oracle) find nothing to check.
 */
export function backendConformance(makeBackend: MakeBackend, options: ConformanceOptions = {}): ConformanceCase[] {
  const { runner, oracle = null, tolerance = 1e-3, blockSizes = DEFAULT_BLOCK_SIZES } = options;
  const bind = (each: BackendCase, blockSize: number): ConformanceCase => ({
    name: `${each.name} (blocks of ${blockSize})`,
    run: () => each.run({ make: makeBackend, sizes: sizesFor(blockSize), oracle, tolerance }),
  });
  const cases = [
    ...blockSizes.flatMap((blockSize) => [...numericCases, ...blockCases].map((each) => bind(each, blockSize))),
    ...[...orderCases, ...samplingCases].map((each) => bind(each, blockSizes[0])),
  ];
  runner?.describe("backend conformance", () => {
    for (const each of cases) runner.it(each.name, () => each.run());
  });
  return cases;
}

function sizesFor(blockSize: number): BackendSizes {
  const blockCount = Math.ceil(POOL_TOKENS / blockSize);
  return { blockSize, blockCount, maxTokens: 64, maxRequests: 4, hostBlockCount: 16, keepLogits: true };
}
