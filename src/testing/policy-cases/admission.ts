import { assert } from "../../assert.ts";
import type { AdmissionPolicy, AdmissionView } from "../../policies/admission/admission-policy.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { drawRequest, drawRunning, type PolicyCase } from "./policy-case.ts";

const BLOCK_SIZE = 16;

/** The rules of admission policies. */
export function admissionCases(make: () => AdmissionPolicy): PolicyCase[] {
  return [
    {
      name: "an admission policy says how many blocks are missing: a number, 0 or more",
      run(random) {
        const policy = make();
        for (let i = 0; i < 20; i++) {
          const view = drawView(random);
          policy.step?.(view, random.chance(0.2));
          const request = drawRequest(random, 1000 + i);
          const missing = policy.missingBlocks(request, neededBy(request.tokenCount, random), view);
          assert(
            missing >= 0 && missing < Number.POSITIVE_INFINITY,
            () => `${policy.name} says that ${missing} blocks are missing`,
          );
          endOne(policy, random);
        }
      },
    },
    {
      name: "an admission policy asks for no more where more is available",
      run(random) {
        const policy = make();
        const view = drawView(random);
        const request = drawRequest(random, 1000);
        const needed = neededBy(request.tokenCount, random);
        const richer = { ...view, availableBlocks: view.availableBlocks + 1, blockCount: view.blockCount + 1 };
        const [less, more] = [richer, view].map((each) => policy.missingBlocks(request, needed, each));
        assert(less <= more, () => `${policy.name} misses ${more} blocks, and ${less} with one more`);
      },
    },
  ];
}

function neededBy(tokens: number, random: SeededRandom): number {
  return random.integer(1, Math.ceil(tokens / BLOCK_SIZE));
}

/** A pool and running requests that hold a part of it. */
function drawView(random: SeededRandom): AdmissionView {
  const running = drawRunning(random, random.integer(1, 8));
  const blocksFor = (tokens: number): number => Math.ceil(tokens / BLOCK_SIZE);
  const held = running.reduce((sum, request) => sum + blocksFor(request.computedTokenCount), 0);
  const availableBlocks = random.integer(0, 200);
  return {
    blockCount: held + availableBlocks,
    blockSize: BLOCK_SIZE,
    groupCount: 1,
    contextLength: 2000,
    availableBlocks,
    promisedBlocks: running.reduce(
      (sum, request) => sum + blocksFor(request.tokenCount) - blocksFor(request.computedTokenCount),
      0,
    ),
    inFlightBlocks: 0,
    blocksFor,
    heldBlocks: (request) => blocksFor(request.computedTokenCount),
    running,
  };
}

function endOne(policy: AdmissionPolicy, random: SeededRandom): void {
  const [request] = drawRunning(random, 1);
  request.become("finished");
  request.finishReason = random.pick(["stop", "length", "abort", "error"]);
  policy.ended?.(request);
}
