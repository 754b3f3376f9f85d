import type { KvEvent } from "../blocks/events.ts";
import type { BeamSearchRequest } from "../engine/beam-search.ts";
import type { EngineRequest, PromptInput, StepEvent } from "../engine/options.ts";
import type { TokenStream } from "../engine/token-stream.ts";
import type { Engine } from "../engine/engine.ts";
import { InvalidRequestError } from "../errors.ts";
import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";
import { recordOf } from "./error-record.ts";
import { type ClientMessage, type HostMessage, METHODS, type Method, type Wanted } from "./messages.ts";
import { Outbox } from "./outbox.ts";

/** One client of an engine, seen from the engine's side. */
export class Connection {
  readonly #outbox: Outbox;
  readonly #wanted: Wanted;
  readonly #engine: Engine;
  readonly #post: (message: HostMessage) => void;
  /** By call: ends a request or search that is not over. */
  readonly #running = new Map<number, AbortController>();

  constructor({ engine, wanted, post }: { engine: Engine; wanted: Wanted; post: (message: HostMessage) => void }) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#post = post;
    this.#outbox = new Outbox(
      (batch) => post({ type: "batch", batch }),
      () => engine.now(),
    );
  }

  noteStep(event: StepEvent): void {
    if (this.#wanted.steps) this.#outbox.noteStep(event);
  }

  noteKvEvent(event: KvEvent): void {
    if (this.#wanted.kvEvents) this.#outbox.noteKvEvent(event);
  }

  noteCalibrated(fit: StepTimeFit): void {
    this.#post({ type: "calibrated", fit });
  }

  receive(message: Exclude<ClientMessage, { type: "open" | "close" }>): void {
    switch (message.type) {
      case "submit":
        return this.#try(message.call, () => this.#submit(message.call, message.request));
      case "search":
        return this.#answer(message.call, () => this.#search(message.call, message.request));
      case "cancel":
        return this.#running.get(message.call)?.abort();
      case "call":
        return this.#answer(message.call, () => this.#call(message.method, message.args));
      case "taken":
        return this.#outbox.noteTaken();
    }
  }

  /** Aborts all requests of the client, without an answer. */
  abandon(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #submit(call: number, request: Readonly<Record<string, unknown>>): void {
    const controller = new AbortController();
    const stream = this.#engine.submit({
      ...(request as unknown as EngineRequest & PromptInput),
      signal: controller.signal,
    });
    this.#running.set(call, controller);
    const { id, promptTokenIds } = stream;
    this.#post({ type: "submitted", call, id, promptTokenIds });
    this.#outbox.follow(stream, call);
    this.#forgetAfter(call, stream);
  }

  #forgetAfter(call: number, stream: TokenStream): void {
    void stream.completion().then(() => this.#running.delete(call));
  }

  async #search(call: number, request: Readonly<Record<string, unknown>>): Promise<unknown> {
    const controller = new AbortController();
    this.#running.set(call, controller);
    try {
      const search = request as unknown as BeamSearchRequest & PromptInput;
      return await this.#engine.beamSearch({ ...search, signal: controller.signal });
    } finally {
      this.#running.delete(call);
    }
  }

  #call(method: Method, args: readonly unknown[]): unknown {
    if (!METHODS.includes(method)) throw new InvalidRequestError(`clients cannot call ${method as string}()`);
    return (this.#engine[method] as (...args: readonly unknown[]) => unknown)(...args);
  }

  /** Posts what the work gives, at once where it does: later messages see its effect. */
  #answer(call: number, work: () => unknown): void {
    this.#try(call, () => {
      const value = work();
      if (!(value instanceof Promise)) return this.#post({ type: "answer", call, value });
      value.then(
        (later: unknown) => this.#try(call, () => this.#post({ type: "answer", call, value: later })),
        (error: unknown) => this.#fail(call, error),
      );
    });
  }

  #try(call: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #fail(call: number, error: unknown): void {
    this.#post({ type: "failed", call, error: recordOf(error) });
  }
}
