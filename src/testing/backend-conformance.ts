import {
  type BackendCase,
  type BackendSizes,
  type ConformanceCase,
  type MakeBackend,
  withBackend,
} from "./backend-cases/backend-case.ts";
import { editCases } from "./backend-cases/edits.ts";
import { blockCases } from "./backend-cases/blocks.ts";
import { moveCases } from "./backend-cases/moves.ts";
import { numericCases } from "./backend-cases/numerics.ts";
import { orderCases } from "./backend-cases/order.ts";
import { samplingCases } from "./backend-cases/sampling.ts";
import { tableCases } from "./backend-cases/tables.ts";

export type { BackendSizes, ConformanceCase, MakeBackend };

/** Two functions of a test runner: vitest, node:test, Jest and Mocha fit. */
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
/** Slots of a group's pool: a context of 256 beside a batch of four short prompts. */
const POOL_TOKENS = 384;
/** Host blocks of a group: two sequences of three blocks, and some to spare. */
const HOST_BLOCKS = 16;

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
  let groups: Promise<number> | null = null;
  const bind = (each: BackendCase, blockSize: number): ConformanceCase => ({
    name: `${each.name} (blocks of ${blockSize})`,
    run: async () => {
      groups ??= countGroups(makeBackend, blockSizes[0]);
      return each.run({ make: makeBackend, sizes: sizesFor(blockSize, await groups), oracle, tolerance });
    },
  });
  const cases = [
    ...blockSizes.flatMap((blockSize) =>
      [...numericCases, ...blockCases, ...tableCases, ...moveCases].map((each) => bind(each, blockSize)),
    ),
    ...[...orderCases, ...samplingCases, ...editCases].map((each) => bind(each, blockSizes[0])),
  ];
  runner?.describe("backend conformance", () => {
    for (const each of cases) runner.it(each.name, () => each.run());
  });
  return cases;
}

/** Sizes depend on the block groups of the model, which a backend tells: one is made to ask. */
function countGroups(make: MakeBackend, blockSize: number): Promise<number> {
  return withBackend({ make, sizes: sizesFor(blockSize, 1) }, async ({ info }) => info.groups.length);
}

function sizesFor(blockSize: number, groupCount: number): BackendSizes {
  const blockCount = Math.ceil(POOL_TOKENS / blockSize) * groupCount;
  return {
    blockSize,
    blockCount,
    maxTokens: 64,
    maxRequests: 4,
    hostBlockCount: HOST_BLOCKS * groupCount,
    keepLogits: true,
  };
}
