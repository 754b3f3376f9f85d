import { assert } from "../assert.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { StepPlan } from "../step.ts";
import { blockAt } from "../step-tables.ts";

/**
 * Checks that a row's columns are what its request's own tables and parameters give. `owners`: the requests of its
 * samples, behind those that score its prompt.
 */
export function checkColumns(
  plan: StepPlan,
  row: number,
  request: Sequence,
  owners: readonly Sequence[],
  blockSize: number,
): void {
  for (let group = 0; group < plan.groups.length; group++) checkSlots(plan, row, group, request, blockSize);
  for (const [i, owner] of owners.entries()) {
    checkSampling(plan, plan.sampleIndptr[row + 1] - owners.length + i, owner);
  }
}

function checkSlots(plan: StepPlan, row: number, group: number, request: Sequence, blockSize: number): void {
  const { slotMapping } = plan.groups[group];
  const where = (): string => `plan ${plan.index}, request ${request.label}, group ${group}`;
  assert(
    plan.requests?.[row] === request,
    () => `${where()}: the row is of request ${String(plan.requests?.[row]?.id)}`,
  );
  for (let token = plan.queryIndptr[row]; token < plan.queryIndptr[row + 1]; token++) {
    const position = plan.positions[token];
    const slot =
      blockAt(plan.groups[group], plan.requestSlots[row], position, blockSize) * blockSize + (position % blockSize);
    assert(
      slotMapping[token] === slot,
      () => `${where()}: position ${position} goes to slot ${slotMapping[token]}, not ${slot}`,
    );
  }
}

function checkSampling({ index, sampling }: StepPlan, sample: number, entry: Sequence): void {
  const { temperature, topK, topP, minP, seed, logprobs } = entry.sampling;
  const wanted = [
    Math.fround(temperature),
    topK,
    Math.fround(topP),
    Math.fround(minP),
    seed | 0,
    Math.floor(seed / 2 ** 32) | 0,
    entry.choice,
    logprobs,
  ];
  const found = [
    sampling.temperature[sample],
    sampling.topK[sample],
    sampling.topP[sample],
    sampling.minP[sample],
    sampling.seed[2 * sample],
    sampling.seed[2 * sample + 1],
    sampling.choice[sample],
    sampling.logprobs[sample],
  ];
  assert(
    wanted.every((value, i) => value === found[i]),
    () =>
      `plan ${index}, request ${entry.label}: sample ${sample} has parameters ${found.join()}, not ${wanted.join()}`,
  );
}
