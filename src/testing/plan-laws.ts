import { assert } from "../assert.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { StepPlan } from "../step.ts";
import { checkColumns } from "./column-laws.ts";
import type { DrivenRequest } from "./driven-request.ts";

/** What a plan computes of a request, noted when it is issued: the plan's columns are the next plan's too. */
export interface IssuedRow {
  readonly request: DrivenRequest;
  readonly stay: number;
  readonly tokenCount: number;
  /** Guesses among its tokens. */
  readonly drafts: readonly number[];
  /** Whose next tokens it samples: its own, and its new choices'; and the sample of each before this plan. */
  readonly sampled: readonly { readonly request: DrivenRequest; readonly before: DrivenRequest["sample"] }[];
}

export interface PlanLimits {
  readonly tokenBudget: number;
  readonly maxRequests: number;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly longPrefillThreshold?: number;
  readonly maxPartialPrefills?: number;
  /** A drafter guesses. */
  readonly drafts?: boolean;
  /** Index of the previous plan that was not rolled back. Default: one less than the plan's. */
  readonly before?: number;
}

/**
 * Checks a plan against what the requests are known to need, and notes it as issued. Laws:
 * the budgets hold; each token of a request is computed once a stay, in order, from where the prefix cache left off;
 * ids and positions are the request's own; a prompt that is scored has a sample of each of its other rows, once; a row
 * is sampled exactly when it reaches the last token, and then for every
 * choice that waits for it, where the step has room; no request goes beyond its length; every column is what a rebuild
 * from the requests' tables gives.
 */
export function issueRows(plan: StepPlan, requests: readonly DrivenRequest[], limits: PlanLimits): IssuedRow[] {
  assert(
    plan.tokenCount > 0 && plan.tokenCount <= limits.tokenBudget,
    () => `plan ${plan.index} has ${plan.tokenCount} tokens, the budget is ${limits.tokenBudget}`,
  );
  assert(
    plan.requestCount <= limits.maxRequests,
    () => `plan ${plan.index} has ${plan.requestCount} requests, the limit is ${limits.maxRequests}`,
  );
  checkSlots(plan, limits);
  checkMoves(plan, plan.swapOuts, plan.swapOutCount);
  checkMoves(plan, plan.swapIns, plan.swapInCount);
  checkMoves(plan, plan.copies, plan.copyCount);
  const bySlot = new Map(requests.filter((request) => request.runs).map((request) => [request.entry.slot, request]));
  const byEntry = new Map(requests.map((request) => [request.entry, request]));
  assert(
    plan.sampleCount <= limits.tokenBudget,
    () => `plan ${plan.index} has ${plan.sampleCount} samples, the limit is ${limits.tokenBudget}`,
  );
  const rows = Array.from({ length: plan.requestCount }, (_, row) =>
    issueRow(plan, row, bySlot.get(plan.requestSlots[row]), byEntry, limits),
  );
  assert(
    new Set(rows.map(({ request }) => request)).size === rows.length,
    () => `plan ${plan.index} has a request twice`,
  );
  assert(
    plan.queryIndptr[plan.requestCount] === plan.tokenCount,
    () => `plan ${plan.index}: its rows end at token ${plan.queryIndptr[plan.requestCount]} of ${plan.tokenCount}`,
  );
  assert(
    plan.sampleIndptr[plan.requestCount] === plan.sampleCount,
    () => `plan ${plan.index}: its rows end at sample ${plan.sampleIndptr[plan.requestCount]} of ${plan.sampleCount}`,
  );
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

function issueRow(
  plan: StepPlan,
  row: number,
  request: DrivenRequest | undefined,
  byEntry: ReadonlyMap<Sequence, DrivenRequest>,
  limits: PlanLimits,
): IssuedRow {
  assert(
    request !== undefined,
    () => `plan ${plan.index}: slot ${plan.requestSlots[row]} belongs to no running request`,
  );
  beginStay(request);
  const scores = checkScores(plan, row, request);
  const [from, to] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
  const most =
    to - from > 1 && limits.drafts === true ? limits.tokenBudget : (limits.longPrefillThreshold ?? limits.tokenBudget);
  assert(
    to > from && to - from <= most,
    () => `plan ${plan.index}: ${request.name} has ${to - from} tokens, 1 to ${most} are allowed`,
  );
  const drafts = draftsIn(plan, from, to, request, limits);
  for (let token = from; token < to - drafts.length; token++) {
    checkToken(plan, token, request, limits.before ?? plan.index - 1);
  }
  request.computed += drafts.length;
  assert(
    plan.contextLengths[row] === request.computed,
    () => `plan ${plan.index}: ${request.name} sees ${plan.contextLengths[row]} tokens, it has ${request.computed}`,
  );
  assert(
    plan.adapterIds[row] === request.entry.adapterId,
    () => `plan ${plan.index}: ${request.name} runs with adapter ${plan.adapterIds[row]}`,
  );
  const sampled =
    drafts.length > 0
      ? noteDrafts(plan, row, request, drafts.length)
      : noteSamples(plan, row, request, scores, byEntry, limits);
  const owners = [...sampled.map((each) => each.request.entry), ...drafts.map(() => request.entry)];
  checkColumns(plan, row, request.entry, owners, limits.blockSize);
  return { request, stay: request.entry.stay, tokenCount: to - from, drafts, sampled };
}

/**
 * A request that was admitted starts where the prefix cache left off: before its last token, whose logits are needed.
 */
function beginStay(request: DrivenRequest): void {
  const { entry } = request;
  if (entry.stay === request.stay) return;
  const isFirst = request.stay < 0;
  request.stay = entry.stay;
  request.computed = entry.matchedTokenCount;
  assert(
    entry.matchedTokenCount < request.knownCount,
    () => `${request.name} took all its ${entry.matchedTokenCount} tokens from the prefix cache`,
  );
  // A choice begins with the whole prompt on its sibling's blocks, a branch with all that its parent has computed.
  const isForked =
    isFirst && entry.choice > 0 && (entry.branches || entry.matchedTokenCount === entry.promptTokenCount);
  assert(
    entry.matchedTokenCount === 0 || entry.cacheable || isForked,
    () => `${request.name} took cached tokens and wants none`,
  );
}

/** Before its tokens count: each row of a prompt whose next token lacks its score has a sample that is forced to it. */
function checkScores(plan: StepPlan, row: number, request: DrivenRequest): number {
  const { promptTokenIds, promptLogprobs = -1 } = request.input;
  if (promptLogprobs < 0) return 0;
  const [first, end] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
  const { sampling, edits } = plan;
  let sample = plan.sampleIndptr[row];
  for (let token = first; token < end; token++) {
    const position = request.computed + token - first + 1;
    if (position < request.scored || position >= promptTokenIds.length) continue;
    const edit = edits.indptr[sample];
    const isScore =
      plan.sampleRows[sample] === token && sampling.temperature[sample] === 0 && edits.bias[edit] === Infinity;
    const isOnly = edits.indptr[sample + 1] === edit + 1 && sampling.logprobs[sample] === promptLogprobs;
    assert(
      isScore && isOnly && edits.tokenIds[edit] === promptTokenIds[position],
      () => `plan ${plan.index}: ${request.name} does not score prompt token ${position}`,
    );
    sample++;
  }
  return sample - plan.sampleIndptr[row];
}

function checkToken(plan: StepPlan, token: number, request: DrivenRequest, before: number): void {
  const [id, position] = [plan.tokenIds[token], plan.positions[token]];
  const expected = request.computed++;
  assert(
    position === expected,
    () => `plan ${plan.index}: ${request.name} computes position ${position}, ${expected} comes next`,
  );
  if (position < request.knownCount) {
    assert(
      id === request.tokenAt(position),
      () => `plan ${plan.index}: ${request.name} has token ${id} at ${position}, not ${request.tokenAt(position)}`,
    );
  } else {
    assert(
      request.sample.plan === before && id === ~request.sample.index,
      () =>
        `plan ${plan.index}: ${request.name} has input ${id} at ${position}, ` +
        `its last sample is ${request.sample.index} of plan ${request.sample.plan}`,
    );
  }
}

function noteSamples(
  plan: StepPlan,
  row: number,
  request: DrivenRequest,
  scores: number,
  byEntry: ReadonlyMap<Sequence, DrivenRequest>,
  limits: PlanLimits,
): IssuedRow["sampled"] {
  const from = plan.sampleIndptr[row] + scores;
  const samples = plan.sampleIndptr[row + 1] - from;
  const last = request.knownCount + request.pending;
  assert(
    request.computed <= last && last < request.entry.maxLength,
    () =>
      `plan ${plan.index}: ${request.name} has ${request.computed} tokens of ${last}, ` +
      `${request.entry.maxLength} at most`,
  );
  const wanted = request.computed === last ? 1 + request.entry.followers.length : 0;
  const cut = samples >= 1 && plan.sampleCount === limits.tokenBudget;
  assert(
    samples === wanted || (samples < wanted && cut),
    () => `plan ${plan.index}: ${request.name} is sampled ${samples} times at ${request.computed} of ${last} tokens`,
  );
  const owners =
    samples === 0
      ? []
      : [request, ...request.entry.followers.slice(0, samples - 1).map((entry) => byEntry.get(entry)!)];
  return owners.map((owner, i) => {
    assert(
      plan.sampleRows[from + i] === plan.queryIndptr[row + 1] - 1,
      () => `plan ${plan.index}: ${owner.name} is not sampled at its last token`,
    );
    return { request: owner, before: noteSample(owner, { plan: plan.index, index: from + i }) };
  });
}

/** Tokens behind the known ones: guesses, which only stand where every token before is known. */
function draftsIn(plan: StepPlan, from: number, to: number, request: DrivenRequest, limits: PlanLimits): number[] {
  // With a token in flight nothing can be guessed behind it.
  if (limits.drafts !== true || request.pending > 0) return [];
  const first = Math.max(from, from + request.knownCount - request.computed);
  const drafts = first < to ? Array.from(plan.tokenIds.subarray(first, to)) : [];
  for (const [i, id] of drafts.entries()) {
    assert(
      id >= 0 && plan.positions[first + i] === request.knownCount + i,
      () => `plan ${plan.index}: ${request.name} has draft ${id} at ${plan.positions[first + i]}`,
    );
  }
  return drafts;
}

/** The last known token and each draft are sampled, and the last of them may be the last token of all. */
function noteDrafts(plan: StepPlan, row: number, request: DrivenRequest, drafts: number): IssuedRow["sampled"] {
  const from = plan.sampleIndptr[row];
  assert(
    plan.sampleIndptr[row + 1] - from === 1 + drafts,
    () => `plan ${plan.index}: ${request.name} has ${drafts} drafts and ${plan.sampleIndptr[row + 1] - from} samples`,
  );
  for (let i = 0; i <= drafts; i++) {
    assert(
      plan.sampleRows[from + i] === plan.queryIndptr[row + 1] - 1 - drafts + i,
      () => `plan ${plan.index}: ${request.name} is not sampled at each draft`,
    );
  }
  assert(
    request.computed === request.knownCount + drafts && request.computed < request.entry.maxLength,
    () =>
      `plan ${plan.index}: ${request.name} has ${request.computed} tokens with its drafts, ` +
      `${request.entry.maxLength} at most`,
  );
  return [{ request, before: noteSample(request, { plan: plan.index, index: from }) }];
}

/** The plan is about to be committed. Returns what each of its rows had delivered before. */
export function settleRows(rows: readonly IssuedRow[]): number[] {
  for (const { sampled } of rows) for (const { request } of sampled) request.pending--;
  return rows.map(({ request }) => request.delivered);
}

/**
 * After the commit: a request got the drafts that its context confirms and one more token, and is computed up to its
 * last token.
 */
export function checkDrafts(rows: readonly IssuedRow[], before: readonly number[]): void {
  for (const [i, { request, stay, drafts }] of rows.entries()) {
    if (drafts.length === 0 || request.ended !== null) continue;
    const right = drafts.findIndex((id, at) => id !== request.answer.tokenIds[before[i] + at]);
    const wanted = 1 + (right === -1 ? drafts.length : right);
    assert(
      request.delivered - before[i] === wanted,
      () => `${request.name} got ${request.delivered - before[i]} tokens for its drafts, ${wanted} are right`,
    );
    if (request.entry.stay === stay) request.computed = request.knownCount - 1;
  }
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
      assert(
        slot >= blockSize && slot < (blockCount + 1) * blockSize,
        () => `plan ${plan.index}: token ${token} goes to slot ${slot}`,
      );
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
  for (const [source] of pairs) {
    assert(!targets.has(source), () => `plan ${plan.index} copies from block ${source}, to which it copies`);
  }
}
