import { expect, test } from "vitest";
import type { StepPlan } from "../../../src/step.ts";
import { blockCases } from "../../../src/testing/backend-cases/blocks.ts";
import { type Fault, faulty, runCase, shiftLogits } from "../../support/faulty-backend.ts";

const readsZeros: Fault = ({ info }) => ({
  readBlocks: async (blocks) => new Uint8Array(blocks.length * info.bytesPerBlock),
});

const writesLate: Fault = (right) => ({
  writeBlocks: (blocks, data) => later().then(() => right.writeBlocks(blocks, data)),
});

const writesAscending: Fault = (right) => ({
  writeBlocks: (blocks, data) =>
    right.writeBlocks(
      Array.from(blocks).toSorted((a, b) => a - b),
      data,
    ),
});

/** Two requests of the step begin with the same block, and one of them writes it. */
function sharesWithinStep({ requestCount, groups: [{ tables, stride }], requestSlots, positions }: StepPlan): boolean {
  return (
    requestCount === 2 && positions[0] === 0 && tables[requestSlots[0] * stride] === tables[requestSlots[1] * stride]
  );
}

function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What is read is as it was before the last step. */
const readsAhead: Fault = (right) => {
  let before: Promise<Uint8Array>;
  const all = Array.from({ length: right.info.blockCount }, (_, i) => i + 1);
  const size = right.info.bytesPerBlock;
  const blockOf = (bytes: Uint8Array, block: number): Uint8Array => bytes.subarray((block - 1) * size, block * size);
  return {
    execute: (plan) => {
      before = right.readBlocks(all);
      return right.execute(plan);
    },
    readBlocks: async (blocks) => {
      const bytes = await before;
      return Uint8Array.from(Array.from(blocks).flatMap((block) => [...blockOf(bytes, block)]));
    },
  };
};

const FAULTS: readonly (readonly [name: string, what: string, fault: Fault])[] = [
  [
    "full blocks can be shared, even within a step",
    "shared within a step",
    shiftLogits((plan) => (sharesWithinStep(plan) ? 1 : 0)),
  ],
  ["blocks read can be written elsewhere", "writes nothing", () => ({ writeBlocks: async () => {} })],
  ["blocks read can be written elsewhere", "reads zeros", readsZeros],
  ["reads and writes of blocks keep their place among steps", "reads ahead", readsAhead],
  ["reads and writes of blocks keep their place among steps", "writes late", writesLate],
  ["readBlocks gives the bytes that writeBlocks took", "in ascending order", writesAscending],
];

test.each(FAULTS)("%s: a backend that breaks it is found out (%s)", async (name, _, fault) => {
  await expect(runCase(blockCases, name, faulty(fault))).rejects.toThrow(/logit|is not what was written/);
});

test("every case has a fault", () => {
  expect(new Set(FAULTS.map(([name]) => name))).toEqual(new Set(blockCases.map(({ name }) => name)));
});

test("a backend without a host tier passes", async () => {
  const withoutHost = faulty((right) => ({ info: { ...right.info, hostBlockCount: 0 } }));
  for (const { name } of blockCases) await runCase(blockCases, name, withoutHost);
});
