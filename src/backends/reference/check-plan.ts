import { assert } from "../../assert.ts";
import { InvalidRequestError } from "../../errors.ts";
import type { PlanGroup, StepPlan } from "../../step.ts";
import { blockAt } from "../../step-tables.ts";
import type { BackendInfo } from "../backend.ts";
import { checkCounts, checkSampleRows, checkSteering } from "../plan-check.ts";

/**
 * Checks, O(T), what the rest of the step relies on: limits, positions, and that each token's slot is what its
 * request's table has for its position. Throws `InvalidRequestError` for an adapter, asserts the rest.
 */
export function checkPlan(plan: StepPlan, info: BackendInfo, adapterCount = 0): void {
  checkCounts(plan, info);
  for (let request = 0; request < plan.requestCount; request++) checkRequest(plan, request, info, adapterCount);
  checkSampleRows(plan);
  checkSteering(plan, info);
}

function checkRequest(plan: StepPlan, request: number, info: BackendInfo, adapterCount: number): void {
  const adapter = plan.adapterIds[request];
  if (adapter < 0 || adapter > adapterCount) {
    const only = adapterCount === 0 ? `0 (${info.name} has no adapters)` : `from 0 to ${adapterCount}`;
    throw new InvalidRequestError(`adapterId must be ${only}, got ${adapter}`);
  }
  const contextLength = plan.contextLengths[request];
  assert(
    contextLength <= info.contextLength,
    () => `a context of ${contextLength} is over the limit of ${info.contextLength}`,
  );
  const slot = plan.requestSlots[request];
  assert(slot >= 0 && slot < info.maxRequests, () => `request slot ${slot} is outside 0..${info.maxRequests - 1}`);
  for (const group of plan.groups) checkTokens(plan, group, request, info);
}

function checkTokens(plan: StepPlan, group: PlanGroup, request: number, info: BackendInfo): void {
  const first = plan.queryIndptr[request];
  const end = plan.queryIndptr[request + 1];
  for (let token = first; token < end; token++) {
    const position = plan.positions[token];
    const expected = plan.contextLengths[request] - (end - token);
    assert(position === expected, () => `token ${token} has position ${position}, not ${expected}`);
    checkSlot(group, plan.requestSlots[request], token, position, info);
  }
}

function checkSlot(
  group: PlanGroup,
  slot: number,
  token: number,
  position: number,
  { blockSize, blockCount }: BackendInfo,
): void {
  const block = blockAt(group, slot, position, blockSize);
  assert(block >= 1 && block <= blockCount, () => `block ${block} is outside 1..${blockCount}`);
  const kvSlot = block * blockSize + (position % blockSize);
  assert(
    group.slotMapping[token] === kvSlot,
    () => `token ${token} has slot ${group.slotMapping[token]}, its table says ${kvSlot}`,
  );
}
