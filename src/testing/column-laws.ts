import { assert } from "../assert.ts";
import type { Entry } from "../scheduler/entry.ts";
import type { StepPlan } from "../step.ts";

/** Checks that a row's columns are what a rebuild from its request's own tables and parameters gives. `owners`: whose its samples are. */
export function checkColumns(plan: StepPlan, row: number, entry: Entry, owners: readonly Entry[], blockSize: number): void {
  for (let group = 0; group < plan.groups.length; group++) checkTable(plan, row, group, entry, blockSize);
  for (const [i, owner] of owners.entries()) checkSampling(plan, plan.sampleIndptr[row] + i, owner);
}

function checkTable(plan: StepPlan, row: number, group: number, entry: Entry, blockSize: number): void {
  const { blockIndptr, blockIndices, firstPosition, slotMapping } = plan.groups[group];
  const { ids, first, count } = entry.sequence!.tables[group];
  const where = (): string => `plan ${plan.index}, request ${entry.label}, group ${group}`;
  const table = blockIndices.subarray(blockIndptr[row], blockIndptr[row + 1]);
  const own = ids.subarray(first, count);
  assert(table.length === own.length && table.every((block, i) => block === own[i]), () => `${where()}: the table is ${table.join()}, the request's ${own.join()}`);
  assert(firstPosition[row] === first * blockSize, () => `${where()}: the table begins at position ${firstPosition[row]}, the request's at ${first * blockSize}`);
  for (let token = plan.queryIndptr[row]; token < plan.queryIndptr[row + 1]; token++) {
    const position = plan.positions[token];
    const slot = ids[Math.floor(position / blockSize)] * blockSize + (position % blockSize);
    assert(slotMapping[token] === slot, () => `${where()}: position ${position} goes to slot ${slotMapping[token]}, not ${slot}`);
  }
}

function checkSampling({ index, sampling }: StepPlan, sample: number, entry: Entry): void {
  const { temperature, topK, topP, minP, seed, logprobs } = entry.sampling;
  const wanted = [Math.fround(temperature), topK, Math.fround(topP), Math.fround(minP), seed | 0, Math.floor(seed / 2 ** 32) | 0, entry.choice, logprobs];
  const found = [sampling.temperature[sample], sampling.topK[sample], sampling.topP[sample], sampling.minP[sample], sampling.seed[2 * sample], sampling.seed[2 * sample + 1], sampling.choice[sample], sampling.logprobs[sample]];
  assert(wanted.every((value, i) => value === found[i]), () => `plan ${index}, request ${entry.label}: sample ${sample} has parameters ${found.join()}, not ${wanted.join()}`);
}
