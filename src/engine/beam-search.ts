import { MAX_TOP_LOGPROBS } from "../config.ts";
import { InvalidRequestError } from "../errors.ts";
import type { Request, RequestId, RequestInput } from "../request.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { decodeTokenBytes, type Tokenizer } from "../tokenizer.ts";
import { abortReason } from "./abort-signals.ts";
import {
  BeamFrontier,
  tokensOf,
  type BeamNode,
  type Candidate,
  type FinishedBeam,
  type NextBeam,
} from "./beam-frontier.ts";
import { type EngineOptions, type EngineRequest, schedulerFields } from "./options.ts";
import { promptTokenIdsOf, stopTokenIdsOf } from "./prompt.ts";

/** A prompt whose likeliest continuations are wanted. */
export interface BeamSearchRequest extends Omit<EngineRequest, "n" | "choice" | "stop" | "sampling" | "branches"> {
  /** Beams that go on after each token, and results: 1..20, less the number of stop ids. */
  readonly width: number;
  /** A result's score is its log probability over its length to this power. Default 1. */
  readonly lengthPenalty?: number;
}

/** One of the results. */
export interface Beam {
  /** A stop id is the last of them. */
  readonly tokenIds: readonly number[];
  /** Without the stop id's; "" where the engine has no tokenizer. */
  readonly text: string;
  /** Sum over its tokens. */
  readonly logprob: number;
  readonly score: number;
  readonly finishReason: "stop" | "length";
}

/** A beam that goes on: a choice of the search's request. */
interface LiveBeam {
  readonly choice: number;
  readonly node: BeamNode | null;
  /** What may follow, once its step is done. */
  candidates: readonly Candidate[] | null;
}

/**
 * Runs a beam search on the scheduler: each beam is a choice of one request. When the last of a round has its
 * candidates, the beams that go on take their tokens and branch, sharing blocks; the others end. A beam that finishes
 * its step early is paused and releases its blocks: a search completes in any pool that holds one beam.
 */
export class BeamSearch {
  readonly id: RequestId;
  /** Resolves with the best, best first; rejects where the request ends otherwise. */
  readonly result: Promise<readonly Beam[]>;
  /** Called once, with the result. */
  onOver: () => void = () => {};
  /** Ends the beams that are left. */
  abortRest: () => void = () => {};
  /** What the result rejects with where the search is aborted. */
  abortReason: () => unknown = () => abortReason(this.id, undefined);
  readonly #frontier: BeamFrontier;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #promptTokenIds: ArrayLike<number>;
  #resolve!: (beams: readonly Beam[]) => void;
  #reject!: (reason: unknown) => void;
  #live: LiveBeam[] = [{ choice: 0, node: null, candidates: null }];
  #isOver = false;
  #isPaused = false;

  constructor(options: {
    id: RequestId;
    frontier: BeamFrontier;
    tokenizer: Tokenizer | undefined;
    promptTokenIds: ArrayLike<number>;
  }) {
    this.id = options.id;
    this.#frontier = options.frontier;
    this.#tokenizer = options.tokenizer;
    this.#promptTokenIds = options.promptTokenIds;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Prevents an unhandled rejection when the caller ignores the promise.
    this.result.catch(() => {});
  }

  /** Out of the running as a whole until `resume`: a round that is under way still ends. */
  pause(scheduler: Scheduler, now: number): boolean {
    if (this.#isPaused) return false;
    this.#isPaused = true;
    scheduler.pause(this.id, now);
    return true;
  }

  /** Resumes the beams that have not had their step. */
  resume(scheduler: Scheduler, now: number): boolean {
    if (!this.#isPaused) return false;
    this.#isPaused = false;
    for (const { choice, candidates } of this.#live) if (candidates === null) scheduler.resume(this.id, now, choice);
    return true;
  }

  /** A beam's step is done: what may follow it, likeliest first. */
  accept(request: Request, candidates: readonly Candidate[], scheduler: Scheduler, now: number): void {
    const beam = this.#live.find(({ choice }) => choice === request.choice);
    if (beam === undefined || this.#isOver) return;
    beam.candidates = candidates.filter(({ tokenId }) => tokenId >= 0);
    if (this.#live.every((each) => each.candidates !== null)) this.#advance(scheduler, now);
    // What it would do next is not known yet.
    else if (request.finishReason === null) scheduler.pause(this.id, now, request.choice);
  }

  /** The scheduler ended a beam. If the search did not end it, the whole search ends. */
  noteEnd(request: Request): void {
    if (request.finishReason !== "abort" && request.finishReason !== "error") return;
    this.fail(request.error ?? this.abortReason());
    this.abortRest();
  }

  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(reason);
    this.onOver();
  }

  #advance(scheduler: Scheduler, now: number): void {
    const before = this.#live;
    const next = this.#frontier.advance(before.map(({ node, candidates }) => ({ node, candidates: candidates! })));
    this.#live = this.#continue(before, next, scheduler, now);
    if (next.length > 0) return;
    this.#isOver = true;
    this.#resolve(this.#frontier.finished.map((beam) => this.#beamOf(beam)));
    this.onOver();
  }

  /** Beams without a successor end first, because they make room for branches. */
  #continue(before: readonly LiveBeam[], next: readonly NextBeam[], scheduler: Scheduler, now: number): LiveBeam[] {
    const taken = new Set(next.map(({ from }) => from));
    for (const [from, { choice }] of before.entries()) {
      if (!taken.has(from)) scheduler.finish(this.id, "stop", now, choice);
    }
    const used = new Set([...taken].map((from) => before[from].choice));
    const continued = new Set<number>();
    return next.map(({ from, node }) => {
      const parent = before[from].choice;
      const choice = continued.has(from) ? smallestUnused(used) : parent;
      if (choice === parent) scheduler.replaceLastToken(this.id, choice, node.tokenId);
      else scheduler.branch(this.id, parent, { choice, tokenId: node.tokenId }, now);
      if (this.#isPaused) scheduler.pause(this.id, now, choice);
      else if (!continued.has(from)) scheduler.resume(this.id, now, choice);
      continued.add(from);
      used.add(choice);
      return { choice, node, candidates: null };
    });
  }

  #beamOf({ node, score, finishReason }: FinishedBeam): Beam {
    const tokenIds = tokensOf(node);
    const textIds = finishReason === "stop" ? tokenIds.slice(0, -1) : tokenIds;
    const text = this.#tokenizer === undefined ? "" : decodeTokenBytes(this.#tokenizer, textIds, this.#promptTokenIds);
    return { tokenIds, text, logprob: node.logprob, score, finishReason };
  }
}

function smallestUnused(used: ReadonlySet<number>): number {
  let choice = 0;
  while (used.has(choice)) choice++;
  return choice;
}

/**
 * A search, and the request that its beams are choices of. Throws `InvalidRequestError` that names the field and the
 * value.
 */
export function beamSearchOf(
  request: BeamSearchRequest & { readonly id: RequestId },
  options: EngineOptions,
): { input: RequestInput; search: BeamSearch } {
  const { id, width, lengthPenalty = 1, maxTokens } = request;
  for (const name of ["responseFormat", "mask", "logitsProcessors", "promptLogprobs"] as const) {
    if (request[name] !== undefined) throw new InvalidRequestError(`a beam search takes no ${name}`);
  }
  const promptTokenIds = promptTokenIdsOf(request, options);
  const stopTokenIds = [...new Set(stopTokenIdsOf(request, options))];
  const widest = MAX_TOP_LOGPROBS - stopTokenIds.length;
  if (!Number.isInteger(width) || width < 1 || width > widest) {
    throw new InvalidRequestError(
      `width must be an integer in [1, ${widest}] beside ${stopTokenIds.length} stop ids, got ${String(width)}`,
    );
  }
  if (!Number.isFinite(lengthPenalty)) {
    throw new InvalidRequestError(`lengthPenalty must be a finite number, got ${String(lengthPenalty)}`);
  }
  const maxLength = Math.min(
    maxTokens,
    (options.contextLength ?? options.backend.info.contextLength) - promptTokenIds.length,
  );
  const frontier = new BeamFrontier({ width, lengthPenalty, stopTokenIds, maxLength });
  return {
    input: {
      ...schedulerFields(request, ["width", "lengthPenalty"]),
      id,
      maxTokens,
      choice: 0,
      promptTokenIds,
      branches: true,
      stopTokenIds: [],
      sampling: { logprobs: width + stopTokenIds.length },
    },
    search: new BeamSearch({ id, frontier, tokenizer: options.tokenizer, promptTokenIds }),
  };
}
