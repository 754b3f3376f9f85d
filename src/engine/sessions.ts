import type { Request, RequestId } from "../request.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { StepOutcome } from "../scheduler/outcome.ts";
import type { StepResult } from "../step.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { abortReason, onAbort } from "./abort-signals.ts";
import type { Beam, BeamSearch } from "./beam-search.ts";
import type { EngineRequest } from "./options.ts";
import type { TraceRecorder } from "./recording/trace-recorder.ts";
import { logprobsOf, Session } from "./session.ts";
import { StopStrings } from "./stop-strings.ts";
import { TokenStream } from "./token-stream.ts";

/** A request that was taken in, and what its streams need. */
interface Opening {
  readonly request: Request;
  readonly input: EngineRequest;
  readonly submittedAt: number;
  readonly abort: () => void;
}

/** The sessions of requests that have not ended, one for each choice; an ended one stays until its stream is told. */
export class Sessions {
  readonly #tokenizer: Tokenizer | undefined;
  readonly #byId = new Map<RequestId, readonly Session[]>();
  readonly #searches = new Map<RequestId, BeamSearch>();
  /** Their streams still have to be told: after the tokens of the same step. */
  readonly #ended: Request[] = [];
  readonly #recorder: TraceRecorder | null;
  #nextId = 0;

  constructor(tokenizer: Tokenizer | undefined, recorder: TraceRecorder | null = null) {
    this.#tokenizer = tokenizer;
    this.#recorder = recorder;
  }

  /** Of requests that have not ended. A copy. */
  get ids(): RequestId[] {
    return [...this.#byId.keys(), ...this.#searches.keys()];
  }

  /** A number that no request has: callers may choose numbers too. */
  freeId(): number {
    while (this.#byId.has(this.#nextId) || this.#searches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  /** The search of that id that has not ended. */
  searchOf(id: RequestId): BeamSearch | undefined {
    return this.#searches.get(id);
  }

  open({ request, input, submittedAt, abort }: Opening): TokenStream {
    const { id, tokens, promptTokenCount, choice, promptLogprobs } = request;
    const { n = 1, stop, signal, skipSpecialTokens } = input;
    const promptTokenIds = tokens.slice(0, promptTokenCount);
    const stream = new TokenStream({ id, promptTokenIds, abort, signal, n, choice, promptLogprobs });
    let open = n;
    const onEnd = (): void => {
      if (--open > 0) return;
      stopListening?.();
      this.#byId.delete(id);
    };
    const tokenizer = this.#tokenizer;
    const sessions = Array.from(
      { length: n },
      (_, i) =>
        new Session({
          choice: choice + i,
          stream,
          tokenizer,
          skipSpecialTokens,
          stops: new StopStrings(stop),
          submittedAt,
          sampling: request.sampling,
          onEnd,
        }),
    );
    const stopListening = signal && onAbort(signal, abort);
    this.#byId.set(id, sessions);
    this.#recorder?.follow(request, stream);
    return stream;
  }

  /** A search, which is told what may follow its beams. */
  openSearch({
    search,
    signal,
    abort,
  }: {
    search: BeamSearch;
    signal: AbortSignal | undefined;
    abort: () => void;
  }): Promise<readonly Beam[]> {
    const stopListening = signal && onAbort(signal, abort);
    this.#searches.set(search.id, search);
    search.onOver = () => {
      stopListening?.();
      this.#searches.delete(search.id);
    };
    search.abortRest = abort;
    search.abortReason = () => abortReason(search.id, signal);
    return search.result;
  }

  /** Takes a step's tokens to their streams. Where the caller's tokenizer throws, it is the one request's end. */
  deliver(outcome: StepOutcome, result: StepResult, scheduler: Scheduler, now: number): void {
    for (const { request, position, sampleIndex } of outcome.scores) {
      const score = logprobsOf(request.promptLogprobs, result, sampleIndex);
      if (score !== undefined) this.#of(request)?.stream.pushPrompt(position, score);
    }
    for (let i = 0; i < outcome.tokenCount; i++) {
      const request = outcome.requests[i];
      const isLast = i + 1 === outcome.tokenCount || outcome.requests[i + 1] !== request;
      const logprobs = logprobsOf(request.sampling.logprobs, result, outcome.sampleIndices[i]);
      const session = this.#of(request);
      if (session === undefined) {
        // A beam of a search, or a request given to the scheduler directly.
        this.#searches.get(request.id)?.accept(request, logprobs?.top ?? [], scheduler, now);
        continue;
      }
      const isOver = session.accept(outcome.tokenIds[i], now, isLast && request.finishReason === "stop", logprobs);
      if (!isOver) continue;
      if (session.error === null) scheduler.finish(request.id, "stop", now, request.choice);
      else scheduler.fail(request.id, session.error, now);
    }
  }

  /** The scheduler ended it. */
  noteEnd(request: Request): void {
    this.#ended.push(request);
  }

  /** Tells the streams of ended requests. */
  closeEnded(now: number): void {
    for (const request of this.#ended.splice(0)) {
      this.#of(request)?.end(request.finishReason!, request.error, now, request);
      this.#searches.get(request.id)?.noteEnd(request);
    }
  }

  /** Ends all that are open, whatever the scheduler thinks of them. */
  crash(reason: Error, now: number): void {
    for (const session of [...this.#byId.values()].flat()) session.end("error", reason, now);
    for (const search of this.#searches.values()) search.fail(reason);
  }

  #of({ id, choice }: Request): Session | undefined {
    return this.#byId.get(id)?.find((session) => session.choice === choice);
  }
}
