import { assert } from "../../assert.ts";
import { InvalidRequestError } from "../../errors.ts";
import type { PlanGroup, StepPlan } from "../../step.ts";
import { blockAt, firstVisible } from "../../step-tables.ts";
import type { BackendInfo } from "../backend.ts";
import { checkCounts, checkSampleRows, checkSteering } from "../plan-check.ts";

/**
 * Checks what keeps the kernels within their memory: limits, ids, blocks, and that each token's slot is what its
 * request's table has for its position. `samplesBefore`: samples of the step before, which negative ids refer to.
 * Throws `InvalidRequestError` for an adapter, asserts the rest.
 */
export function checkPlan(plan: StepPlan, info: BackendInfo, samplesBefore: number): void {
  const { tokenCount, requestCount } = plan;
  checkCounts(plan, info);
  assert(
    plan.queryIndptr[requestCount] === tokenCount,
    () => `requests have ${plan.queryIndptr[requestCount]} of ${tokenCount} tokens`,
  );
  for (let request = 0; request < requestCount; request++) checkRequest(plan, request, info);
  for (let token = 0; token < tokenCount; token++) checkId(plan.tokenIds[token], token, info, samplesBefore);
  checkSampleRows(plan);
  checkSteering(plan, info);
  checkMoves(plan, info);
}

function checkId(id: number, token: number, { vocabSize }: BackendInfo, samplesBefore: number): void {
  assert(id < vocabSize, () => `token id ${id} is outside a vocabulary of ${vocabSize}`);
  assert(~id < samplesBefore, () => `token ${token} is sample ${~id} of a plan that had ${samplesBefore}`);
}

function checkMoves(plan: StepPlan, { blockCount, hostBlockCount }: BackendInfo): void {
  checkPairs(plan.swapOuts, plan.swapOutCount, blockCount, hostBlockCount);
  checkPairs(plan.swapIns, plan.swapInCount, hostBlockCount, blockCount);
  checkPairs(plan.copies, plan.copyCount, blockCount, blockCount);
}

function checkPairs(pairs: Int32Array, count: number, sources: number, targets: number): void {
  assert(count <= targets, () => `${count} blocks are moved to ${targets}`);
  for (let i = 0; i < count; i++) {
    const [source, target] = [pairs[2 * i], pairs[2 * i + 1]];
    assert(source >= 1 && source <= sources, () => `block ${source} is outside 1..${sources}`);
    assert(target >= 1 && target <= targets, () => `block ${target} is outside 1..${targets}`);
  }
}

function checkRequest(plan: StepPlan, request: number, info: BackendInfo): void {
  const adapter = plan.adapterIds[request];
  if (adapter !== 0) {
    throw new InvalidRequestError(`adapterId must be 0 (${info.name} has no adapters), got ${adapter}`);
  }
  const length = plan.contextLengths[request];
  assert(length <= info.contextLength, () => `a context of ${length} is over the limit of ${info.contextLength}`);
  const first = plan.queryIndptr[request];
  const end = plan.queryIndptr[request + 1];
  for (let token = first; token < end; token++) {
    const position = plan.positions[token];
    assert(
      position === length - (end - token),
      () => `token ${token} has position ${position}, not ${length - (end - token)}`,
    );
  }
  plan.groups.forEach((group, g) => checkTable(plan, group, info.groups[g].window, request, info));
}

/** Every block that the request's tokens see, and each token's slot. */
function checkTable(
  plan: StepPlan,
  group: PlanGroup,
  window: number | null,
  request: number,
  { blockCount, blockSize, maxRequests }: BackendInfo,
): void {
  const slot = plan.requestSlots[request];
  assert(slot >= 0 && slot < maxRequests, () => `request slot ${slot} is outside 0..${maxRequests - 1}`);
  const first = firstVisible(plan, request, window);
  for (let position = first - (first % blockSize); position < plan.contextLengths[request]; position += blockSize) {
    const block = blockAt(group, slot, position, blockSize);
    assert(block >= 1 && block <= blockCount, () => `block ${block} is outside 1..${blockCount}`);
  }
  for (let token = plan.queryIndptr[request]; token < plan.queryIndptr[request + 1]; token++) {
    const position = plan.positions[token];
    const kvSlot = blockAt(group, slot, position, blockSize) * blockSize + (position % blockSize);
    assert(
      group.slotMapping[token] === kvSlot,
      () => `token ${token} has slot ${group.slotMapping[token]}, its table says ${kvSlot}`,
    );
  }
}
