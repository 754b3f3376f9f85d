import type { KvEvent } from "../blocks/events.ts";
import { checkSignal, onAbort } from "../engine/abort-signals.ts";
import type { Beam, BeamSearchRequest } from "../engine/beam-search.ts";
import type { Engine } from "../engine/engine.ts";
import type {
  EngineExplanation,
  EngineRequest,
  EngineStats,
  PrefixQuery,
  PromptInput,
  StepEvent,
} from "../engine/options.ts";
import type { TokenStream } from "../engine/token-stream.ts";
import { DisposedError, InvalidRequestError, QueueFullError, WorkerLostError } from "../errors.ts";
import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";
import type { RequestId } from "../request.ts";
import { Endpoint, type MessageChannelLike } from "./endpoint.ts";
import type { EngineClient } from "./engine-client.ts";
import { errorOf } from "./error-record.ts";
import { Inbox } from "./inbox.ts";
import type { Batch, ClientMessage, HostMessage, Method } from "./messages.ts";

/** How a worker's engine is opened. */
export interface WorkerEngineOptions {
  /** Plain data for the worker's `MakeEngine`. */
  readonly init?: unknown;
  /** Called after each committed step, some time later; must not throw. */
  readonly onStep?: (step: StepEvent) => void;
  /** Called with the changes of the prefix cache, in order, some time later; must not throw. */
  readonly onKvEvent?: (event: KvEvent) => void;
  /** As in `EngineOptions`. */
  readonly onCalibrated?: (fit: StepTimeFit) => void;
  /** Called once where the worker ends before `dispose`, with the reason. */
  readonly onLost?: (error: WorkerLostError) => void;
}

/**
 * Opens the engine that a worker serves with `serveEngine`: `new Worker(…)` of a browser, Deno, Bun or
 * `node:worker_threads`, which it owns from then on, or the `port` of a `SharedWorker`.
 *
 * Rejects with what the worker's `MakeEngine` threw, and with a `WorkerLostError` where the worker does not start.
 */
export async function createWorkerEngine<Info = unknown>(
  worker: MessageChannelLike,
  options: WorkerEngineOptions = {},
): Promise<WorkerEngine<Info>> {
  const engine = new WorkerEngine<Info>(worker, options);
  await engine.opened;
  return engine;
}

/**
 * Calls without an answer, and requests that have not ended, of one client: as many as may wait in the engine's queue,
 * twice. A worker in a long step would else collect them without a limit.
 */
const MAX_CALLS = 8192;

/**
 * An engine in a worker, with the interface of `Engine`: methods answer with promises, errors keep their class and
 * code, streams are the same. What an abort frees is free when the worker has the message, which is before its next
 * step.
 *
 * `now` is an estimate of the engine's clock: it is behind by the least time that a message took.
 */
export class WorkerEngine<Info = unknown> implements EngineClient {
  /** Resolves when the engine is made. */
  readonly opened: Promise<void>;
  readonly #options: WorkerEngineOptions;
  readonly #endpoint: Endpoint;
  readonly #inbox = new Inbox();
  #info!: Info;
  #open!: () => void;
  #refuse!: (error: Error) => void;
  /** The engine's clock minus this thread's. */
  #offset = Number.NEGATIVE_INFINITY;
  #loss: WorkerLostError | null = null;
  #disposed: Promise<void> | null = null;
  #closed: ((error: Error | null) => void) | null = null;
  #isOpen = false;
  #calls = 0;

  constructor(worker: MessageChannelLike, options: WorkerEngineOptions) {
    this.#options = options;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.#endpoint = new Endpoint(worker, {
      onMessage: (message) => this.#receive(message as HostMessage),
      onLost: (reason) => this.#lose(reason),
    });
    const { init, onStep, onKvEvent } = options;
    const wanted = { steps: onStep !== undefined, kvEvents: onKvEvent !== undefined };
    this.#endpoint.post({ type: "open", init, wanted } satisfies ClientMessage);
  }

  /** What the worker says of its engine. */
  get info(): Info {
    return this.#info;
  }

  /** Rejects with what `Engine.submit` throws. A request is plain data, but for its `signal`. */
  async submit(request: EngineRequest & PromptInput): Promise<TokenStream> {
    const { signal, ...rest } = request;
    const call = this.#newCall("submit()", signal);
    const { n, choice, promptLogprobs } = rest;
    const abort = (): void => this.#cancel(call);
    const submitted = this.#inbox.expectStream(call, { n, choice, promptLogprobs, signal, abort });
    this.#post({ type: "submit", call, request: rest });
    const stopListening = this.#listen(call, signal);
    try {
      const stream = await submitted;
      void stream.completion().then(stopListening);
      return stream;
    } catch (error) {
      stopListening();
      throw error;
    }
  }

  /** As `Engine.beamSearch`. */
  async beamSearch(request: BeamSearchRequest & PromptInput): Promise<readonly Beam[]> {
    const { signal, ...rest } = request;
    const call = this.#newCall("beamSearch()", signal);
    const beams = this.#inbox.expect<readonly Beam[]>(call);
    this.#post({ type: "search", call, request: rest });
    const stopListening = this.#listen(call, signal);
    try {
      return await beams;
    } catch (error) {
      throw signal?.aborted === true && this.#loss === null ? signal.reason : error;
    } finally {
      stopListening();
    }
  }

  abort(id: RequestId, choice?: number): Promise<void> {
    return this.#call("abort", id, choice);
  }

  pause(id: RequestId, choice?: number): Promise<boolean> {
    return this.#call("pause", id, choice);
  }

  resume(id: RequestId, choice?: number): Promise<boolean> {
    return this.#call("resume", id, choice);
  }

  freeze(): Promise<void> {
    return this.#call("freeze");
  }

  unfreeze(): Promise<void> {
    return this.#call("unfreeze");
  }

  resetPrefixCache(options?: { readonly recompute?: boolean }): Promise<void> {
    return this.#call("resetPrefixCache", options);
  }

  now(): number {
    return performance.now() / 1000 + this.#offset;
  }

  explain(id: RequestId, choice?: number): Promise<EngineExplanation | undefined> {
    return this.#call("explain", id, choice);
  }

  cachedTokens(query: PrefixQuery & PromptInput): Promise<number> {
    return this.#call("cachedTokens", query);
  }

  tokenize(prompt: PrefixQuery & PromptInput): Promise<ArrayLike<number>> {
    return this.#call("tokenize", prompt);
  }

  detokenize(tokenIds: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): Promise<string> {
    return this.#call("detokenize", tokenIds, options);
  }

  stats(): Promise<EngineStats> {
    return this.#call("stats");
  }

  /**
   * Ends this client's requests, and the engine with its worker; behind a `SharedWorker`'s port the engine goes on for
   * the others. Idempotent. Rejects where the engine's `dispose` does.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#shutDown();
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** A number for one more call. Throws where none can be made. */
  #newCall(what: string, signal?: AbortSignal): number {
    checkSignal(signal);
    if (this.#disposed !== null) throw new DisposedError(`${what} on an engine that was disposed`);
    if (this.#loss !== null) throw this.#loss;
    if (this.#inbox.size >= MAX_CALLS) throw new QueueFullError(`${MAX_CALLS} calls to the worker are not over`);
    return this.#calls++;
  }

  async #call<M extends Method>(method: M, ...args: Parameters<Engine[M]>): Promise<Awaited<ReturnType<Engine[M]>>> {
    const call = this.#newCall(`${method}()`);
    const answer = this.#inbox.expect<Awaited<ReturnType<Engine[M]>>>(call);
    this.#post({ type: "call", call, method, args });
    return answer;
  }

  /** The call fails where its message is not plain data. */
  #post(message: ClientMessage & { readonly call: number }): void {
    try {
      this.#endpoint.post(message);
    } catch (error) {
      const { message: why } = error as Error;
      this.#inbox.fail(message.call, new InvalidRequestError(`what goes to a worker must be plain data: ${why}`));
    }
    this.#hold();
  }

  /** Ends the call when the signal aborts; returns how to stop that. */
  #listen(call: number, signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => {};
    if (signal.aborted) this.#cancel(call);
    return onAbort(signal, () => this.#cancel(call));
  }

  #cancel(call: number): void {
    if (this.#loss === null) this.#endpoint.post({ type: "cancel", call } satisfies ClientMessage);
  }

  #receive(message: HostMessage): void {
    switch (message.type) {
      case "opened":
        this.#info = message.info as Info;
        this.#noteClock(message.now);
        this.#isOpen = true;
        this.#open();
        break;
      case "refused":
        this.#refuse(errorOf(message.error));
        this.#endpoint.close();
        break;
      case "submitted":
        this.#inbox.begin(message.call, message.id, message.promptTokenIds, this.now());
        break;
      case "answer":
        this.#inbox.answer(message.call, message.value);
        break;
      case "failed":
        this.#inbox.fail(message.call, errorOf(message.error));
        break;
      case "batch":
        this.#takeIn(message.batch);
        break;
      case "calibrated":
        this.#options.onCalibrated?.(message.fit);
        break;
      case "closed":
        this.#closed?.(message.error && errorOf(message.error));
    }
    this.#hold();
  }

  #takeIn({ now, deltas, steps, kvEvents }: Batch): void {
    this.#noteClock(now);
    for (const delta of deltas) this.#inbox.deliver(delta);
    for (const event of steps) this.#options.onStep?.(event);
    for (const event of kvEvents) this.#options.onKvEvent?.(event);
    this.#endpoint.post({ type: "taken" } satisfies ClientMessage);
  }

  /** A message is received later than it was sent: the largest difference is the nearest to the true one. */
  #noteClock(now: number): void {
    this.#offset = Math.max(this.#offset, now - performance.now() / 1000);
  }

  /** An idle engine keeps no process alive. */
  #hold(): void {
    this.#endpoint.hold(!this.#isOpen || this.#inbox.size > 0 || this.#closed !== null);
  }

  #lose(reason: string): void {
    if (this.#loss !== null) return;
    const loss = new WorkerLostError(`the worker that runs the engine is gone: ${reason}`);
    this.#loss = loss;
    this.#refuse(loss);
    this.#closed?.(null);
    this.#inbox.failAll(loss, this.now());
    this.#endpoint.close();
    if (this.#disposed === null && this.#isOpen) this.#options.onLost?.(loss);
  }

  async #shutDown(): Promise<void> {
    if (this.#loss !== null) return;
    const closed = new Promise<Error | null>((resolve) => (this.#closed = resolve));
    this.#endpoint.post({ type: "close" } satisfies ClientMessage);
    this.#hold();
    const error = await closed;
    this.#closed = null;
    // A worker reports its own end; by then no call waits for it.
    this.#loss ??= new WorkerLostError("the engine was disposed");
    this.#inbox.failAll(new DisposedError("the engine was disposed"), this.now());
    this.#endpoint.close();
    if (error !== null) throw error;
  }
}
