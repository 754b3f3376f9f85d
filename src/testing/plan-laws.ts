import { assert } from "../assert.ts";
import type { StepPlan } from "../step.ts";
import { checkColumns } from "./column-laws.ts";
import type { DrivenRequest } from "./driven-request.ts";

/** What a plan computes of a request, noted when it is issued: the plan's columns are the next plan's too. */
export interface IssuedRow {
  readonly request: DrivenRequest;
  readonly stay: number;
  readonly tokenCount: number;
  readonly sampled: boolean;
  /** Its sample before this plan. */
  readonly sampledBefore: DrivenRequest["sample"];
}

export interface PlanLimits {
  readonly tokenBudget: number;
  readonly maxRequests: number;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly longPrefillThreshold?: number;
  readonly maxPartialPrefills?: number;
}

/**
 * Checks a plan against what the requests are known to need, and notes it as issued. Laws:
 * the budgets hold; each token of a request is computed once a stay, in order, from where the prefix cache left off; ids and
 * positions are the request's own; a row is sampled exactly when it reaches the last token; no request goes beyond its length;
 * every column is what a rebuild from the requests' tables gives.
 */
export function issueRows(plan: StepPlan, requests: readonly DrivenRequest[], limits: PlanLimits): IssuedRow[] {
  assert(plan.tokenCount > 0 && plan.tokenCount <= limits.tokenBudget, () => `plan ${plan.index} has ${plan.tokenCount} tokens, the budget is ${limits.tokenBudget}`);
  assert(plan.requestCount <= limits.maxRequests, () => `plan ${plan.index} has ${plan.requestCount} requests, the limit is ${limits.maxRequests}`);
  checkSlots(plan, limits);
  checkMoves(plan, plan.swapOuts, plan.swapOutCount);
  checkMoves(plan, plan.swapIns, plan.swapInCount);
  checkMoves(plan, plan.copies, plan.copyCount);
  const bySlot = new Map(requests.filter((request) => request.runs).map((request) => [request.entry.slot, request]));
  const rows = Array.from({ length: plan.requestCount }, (_, row) => issueRow(plan, row, bySlot, limits));
  assert(new Set(rows.map(({ request }) => request)).size === rows.length, () => `plan ${plan.index} has a request twice`);
  assert(plan.queryIndptr[plan.requestCount] === plan.tokenCount, () => `plan ${plan.index}: its rows end at token ${plan.queryIndptr[plan.requestCount]} of ${plan.tokenCount}`);
  assert(plan.sampleIndptr[plan.requestCount] === plan.sampleCount, () => `plan ${plan.index}: its rows end at sample ${plan.sampleIndptr[plan.requestCount]} of ${plan.sampleCount}`);
  return rows;
}

/** The plan was taken back: what it computed of a stay that goes on has to be computed again. */
export function retractRows(rows: readonly IssuedRow[]): void {
  for (const { request, stay, tokenCount, sampled, sampledBefore } of rows) {
    if (request.entry.stay === stay) request.computed -= tokenCount;
    if (!sampled) continue;
    request.pending--;
    request.sample = sampledBefore;
  }
}

function issueRow(plan: StepPlan, row: number, bySlot: ReadonlyMap<number, DrivenRequest>, limits: PlanLimits): IssuedRow {
  const request = bySlot.get(plan.requestSlots[row]);
  assert(request !== undefined, () => `plan ${plan.index}: slot ${plan.requestSlots[row]} belongs to no running request`);
  beginStay(request);
  const [from, to] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
  const most = limits.longPrefillThreshold ?? limits.tokenBudget;
  assert(to > from && to - from <= most, () => `plan ${plan.index}: ${request.name} has ${to - from} tokens, 1 to ${most} are allowed`);
  for (let token = from; token < to; token++) checkToken(plan, token, request);
  assert(plan.contextLengths[row] === request.computed, () => `plan ${plan.index}: ${request.name} sees ${plan.contextLengths[row]} tokens, it has ${request.computed}`);
  assert(plan.adapterIds[row] === request.entry.adapterId, () => `plan ${plan.index}: ${request.name} runs with adapter ${plan.adapterIds[row]}`);
  const sampledBefore = request.sample;
  const sampled = noteSample(plan, row, request);
  checkColumns(plan, row, request.entry, limits.blockSize);
  return { request, stay: request.entry.stay, tokenCount: to - from, sampled, sampledBefore };
}

/** A request that was admitted starts where the prefix cache left off: before its last token, whose logits are needed. */
function beginStay(request: DrivenRequest): void {
  const { entry } = request;
  if (entry.stay === request.stay) return;
  request.stay = entry.stay;
  request.computed = entry.cachedTokenCount;
  assert(entry.cachedTokenCount < request.knownCount, () => `${request.name} took all its ${entry.cachedTokenCount} tokens from the prefix cache`);
  assert(entry.cachedTokenCount === 0 || entry.cacheable, () => `${request.name} took cached tokens and wants none`);
}

function checkToken(plan: StepPlan, token: number, request: DrivenRequest): void {
  const [id, position] = [plan.tokenIds[token], plan.positions[token]];
  const expected = request.computed++;
  assert(position === expected, () => `plan ${plan.index}: ${request.name} computes position ${position}, ${expected} comes next`);
  if (position < request.knownCount) assert(id === request.tokenAt(position), () => `plan ${plan.index}: ${request.name} has token ${id} at ${position}, not ${request.tokenAt(position)}`);
  else assert(request.sample.plan === plan.index - 1 && id === ~request.sample.index, () => `plan ${plan.index}: ${request.name} has input ${id} at ${position}, its last sample is ${request.sample.index} of plan ${request.sample.plan}`);
}

function noteSample(plan: StepPlan, row: number, request: DrivenRequest): boolean {
  const samples = plan.sampleIndptr[row + 1] - plan.sampleIndptr[row];
  const last = request.knownCount + request.pending;
  assert(request.computed <= last && last < request.entry.maxLength, () => `plan ${plan.index}: ${request.name} has ${request.computed} tokens of ${last}, ${request.entry.maxLength} at most`);
  assert(samples === (request.computed === last ? 1 : 0), () => `plan ${plan.index}: ${request.name} is sampled ${samples} times at ${request.computed} of ${last} tokens`);
  if (samples === 0) return false;
  request.pending++;
  request.sample = { plan: plan.index, index: plan.sampleIndptr[row] };
  assert(plan.sampleRows[request.sample.index] === plan.queryIndptr[row + 1] - 1, () => `plan ${plan.index}: ${request.name} is not sampled at its last token`);
  return true;
}

/** Every token goes to a slot of its own, never to one of `NULL_BLOCK`. */
function checkSlots(plan: StepPlan, { blockCount, blockSize }: PlanLimits): void {
  const written = new Set<number>();
  for (const { slotMapping } of plan.groups) {
    for (let token = 0; token < plan.tokenCount; token++) {
      const slot = slotMapping[token];
      assert(slot >= blockSize && slot < (blockCount + 1) * blockSize, () => `plan ${plan.index}: token ${token} goes to slot ${slot}`);
      assert(!written.has(slot), () => `plan ${plan.index}: slot ${slot} is written twice`);
      written.add(slot);
    }
  }
}

/** Targets of a list are distinct; where source and target are in the same memory, no block is both. */
function checkMoves(plan: StepPlan, list: Int32Array, count: number): void {
  const pairs = Array.from({ length: count }, (_, i) => [list[2 * i], list[2 * i + 1]]);
  const targets = new Set(pairs.map(([, target]) => target));
  assert(targets.size === count, () => `plan ${plan.index} moves two blocks to one`);
  if (list !== plan.copies) return;
  for (const [source] of pairs) assert(!targets.has(source), () => `plan ${plan.index} copies from block ${source}, to which it copies`);
}
