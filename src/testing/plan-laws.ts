import { assert } from "../assert.ts";
import type { Entry } from "../scheduler/entry.ts";
import type { StepPlan } from "../step.ts";
import { checkColumns } from "./column-laws.ts";
import type { DrivenRequest } from "./driven-request.ts";

/** What a plan computes of a request, noted when it is issued: the plan's columns are the next plan's too. */
export interface IssuedRow {
  readonly request: DrivenRequest;
  readonly stay: number;
  readonly tokenCount: number;
  /** Whose next tokens it samples: its own, and those of choices that begin with it; and the sample of each before this plan. */
  readonly sampled: readonly { readonly request: DrivenRequest; readonly before: DrivenRequest["sample"] }[];
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
 * positions are the request's own; a row is sampled exactly when it reaches the last token, and then for every choice that waits for it, where the step has room; no request goes beyond its length;
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
  const byEntry = new Map(requests.map((request) => [request.entry, request]));
  assert(plan.sampleCount <= limits.tokenBudget, () => `plan ${plan.index} has ${plan.sampleCount} samples, the limit is ${limits.tokenBudget}`);
  const rows = Array.from({ length: plan.requestCount }, (_, row) => issueRow(plan, row, bySlot.get(plan.requestSlots[row]), byEntry, limits));
  assert(new Set(rows.map(({ request }) => request)).size === rows.length, () => `plan ${plan.index} has a request twice`);
  assert(plan.queryIndptr[plan.requestCount] === plan.tokenCount, () => `plan ${plan.index}: its rows end at token ${plan.queryIndptr[plan.requestCount]} of ${plan.tokenCount}`);
  assert(plan.sampleIndptr[plan.requestCount] === plan.sampleCount, () => `plan ${plan.index}: its rows end at sample ${plan.sampleIndptr[plan.requestCount]} of ${plan.sampleCount}`);
  return rows;
}

/** The plan was taken back: what it computed of a stay that goes on has to be computed again. */
export function retractRows(rows: readonly IssuedRow[]): void {
  for (const { request, stay, tokenCount, sampled } of rows) {
    if (request.entry.stay === stay) request.computed -= tokenCount;
    for (const each of sampled) {
      each.request.pending--;
      each.request.sample = each.before;
    }
  }
}

function issueRow(plan: StepPlan, row: number, request: DrivenRequest | undefined, byEntry: ReadonlyMap<Entry, DrivenRequest>, limits: PlanLimits): IssuedRow {
  assert(request !== undefined, () => `plan ${plan.index}: slot ${plan.requestSlots[row]} belongs to no running request`);
  beginStay(request);
  const [from, to] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
  const most = limits.longPrefillThreshold ?? limits.tokenBudget;
  assert(to > from && to - from <= most, () => `plan ${plan.index}: ${request.name} has ${to - from} tokens, 1 to ${most} are allowed`);
  for (let token = from; token < to; token++) checkToken(plan, token, request);
  assert(plan.contextLengths[row] === request.computed, () => `plan ${plan.index}: ${request.name} sees ${plan.contextLengths[row]} tokens, it has ${request.computed}`);
  assert(plan.adapterIds[row] === request.entry.adapterId, () => `plan ${plan.index}: ${request.name} runs with adapter ${plan.adapterIds[row]}`);
  const sampled = noteSamples(plan, row, request, byEntry, limits);
  checkColumns(plan, row, request.entry, sampled.map((each) => each.request.entry), limits.blockSize);
  return { request, stay: request.entry.stay, tokenCount: to - from, sampled };
}

/** A request that was admitted starts where the prefix cache left off: before its last token, whose logits are needed. */
function beginStay(request: DrivenRequest): void {
  const { entry } = request;
  if (entry.stay === request.stay) return;
  request.stay = entry.stay;
  request.computed = entry.cachedTokenCount;
  assert(entry.cachedTokenCount < request.knownCount, () => `${request.name} took all its ${entry.cachedTokenCount} tokens from the prefix cache`);
  // A choice begins with the whole prompt, on its sibling's blocks.
  const isForked = entry.stay === 0 && entry.choice > 0 && entry.cachedTokenCount === entry.promptTokenCount;
  assert(entry.cachedTokenCount === 0 || entry.cacheable || isForked, () => `${request.name} took cached tokens and wants none`);
}

function checkToken(plan: StepPlan, token: number, request: DrivenRequest): void {
  const [id, position] = [plan.tokenIds[token], plan.positions[token]];
  const expected = request.computed++;
  assert(position === expected, () => `plan ${plan.index}: ${request.name} computes position ${position}, ${expected} comes next`);
  if (position < request.knownCount) assert(id === request.tokenAt(position), () => `plan ${plan.index}: ${request.name} has token ${id} at ${position}, not ${request.tokenAt(position)}`);
  else assert(request.sample.plan === plan.index - 1 && id === ~request.sample.index, () => `plan ${plan.index}: ${request.name} has input ${id} at ${position}, its last sample is ${request.sample.index} of plan ${request.sample.plan}`);
}

function noteSamples(plan: StepPlan, row: number, request: DrivenRequest, byEntry: ReadonlyMap<Entry, DrivenRequest>, limits: PlanLimits): IssuedRow["sampled"] {
  const from = plan.sampleIndptr[row];
  const samples = plan.sampleIndptr[row + 1] - from;
  const last = request.knownCount + request.pending;
  assert(request.computed <= last && last < request.entry.maxLength, () => `plan ${plan.index}: ${request.name} has ${request.computed} tokens of ${last}, ${request.entry.maxLength} at most`);
  const wanted = request.computed === last ? 1 + request.entry.followers.length : 0;
  const cut = samples >= 1 && plan.sampleCount === limits.tokenBudget;
  assert(samples === wanted || (samples < wanted && cut), () => `plan ${plan.index}: ${request.name} is sampled ${samples} times at ${request.computed} of ${last} tokens`);
  const owners = samples === 0 ? [] : [request, ...request.entry.followers.slice(0, samples - 1).map((entry) => byEntry.get(entry)!)];
  return owners.map((owner, i) => {
    assert(plan.sampleRows[from + i] === plan.queryIndptr[row + 1] - 1, () => `plan ${plan.index}: ${owner.name} is not sampled at its last token`);
    return { request: owner, before: noteSample(owner, { plan: plan.index, index: from + i }) };
  });
}

/** Returns the one before. */
function noteSample(request: DrivenRequest, sample: DrivenRequest["sample"]): DrivenRequest["sample"] {
  const before = request.sample;
  request.pending++;
  request.sample = sample;
  return before;
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
