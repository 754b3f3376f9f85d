import { describe, expect, test } from "vitest";
import { TableGroup } from "../../src/blocks/table-group.ts";
import { GREEDY } from "../../src/sampling-params.ts";
import { Columns, writeSampling } from "../../src/scheduler/columns.ts";

const limits = { maxTokens: 32, maxRequests: 4, hostBlockCount: 3 };
const tables = [null, 4].map(
  (window) => new TableGroup({ window, slotCount: 4, blockCount: 10, blockSize: 2, tokensInFlight: 8 }),
);

describe("Columns", () => {
  test("are as long as their limits ask", () => {
    const columns = new Columns(limits, tables);
    const {
      tokenIds,
      positions,
      queryIndptr,
      requestSlots,
      contextLengths,
      adapterIds,
      sampleIndptr,
      sampleRows,
      swapOuts,
      swapIns,
      copies,
      groups,
    } = columns;
    expect([tokenIds, positions, sampleRows].map(({ length }) => length)).toEqual([32, 32, 32]);
    expect([queryIndptr, sampleIndptr].map(({ length }) => length)).toEqual([5, 5]);
    expect([requestSlots, contextLengths, adapterIds].map(({ length }) => length)).toEqual([4, 4, 4]);
    expect([swapOuts, swapIns].map(({ length }) => length)).toEqual([6, 6]);
    expect(groups.map(({ slotMapping, stride, tables: own }) => [slotMapping.length, own.length / stride])).toEqual([
      [32, 4],
      [32, 4],
    ]);
    expect([copies.length, groups.length, columns.sampling.seed.length]).toEqual([16, 2, 64]);
  });
});

test("writeSampling puts each parameter into its column, the seed as two words", () => {
  const { sampling } = new Columns(limits, tables);
  writeSampling(
    sampling,
    1,
    { ...GREEDY, temperature: 0.5, topK: 3, topP: 0.25, minP: 0.125, seed: 5 * 2 ** 32 + 2 ** 31 + 1, logprobs: 2 },
    6,
  );
  expect([
    sampling.temperature[1],
    sampling.topK[1],
    sampling.topP[1],
    sampling.minP[1],
    sampling.choice[1],
    sampling.logprobs[1],
  ]).toEqual([0.5, 3, 0.25, 0.125, 6, 2]);
  expect([sampling.seed[2] >>> 0, sampling.seed[3]]).toEqual([2 ** 31 + 1, 5]);
  expect([sampling.temperature[0], sampling.seed[0], sampling.logprobs[2]]).toEqual([0, 0, 0]);
});
