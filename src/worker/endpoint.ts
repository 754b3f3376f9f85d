/**
 * What messages go through: a `Worker` of a browser, Deno, Bun or Node's `worker_threads`, a `SharedWorker`'s `port`,
 * any `MessagePort`, or a dedicated worker's own scope.
 */
export interface MessageChannelLike {
  postMessage(message: unknown): void;
}

/** The methods that one kind or another has beside it. */
interface Channel extends MessageChannelLike {
  on?(event: string, listener: (value: unknown) => void): void;
  addEventListener?(event: string, listener: (event: Event) => void): void;
  /** Message ports of browsers deliver nothing before it. */
  start?(): void;
  close?(): void;
  terminate?(): void;
  ref?(): void;
  unref?(): void;
}

/** What an endpoint tells its owner. */
export interface EndpointEvents {
  onMessage(message: unknown): void;
  /** The other side is gone, with a reason for people. May be called several times. */
  onLost(reason: string): void;
}

/** One side of a port, the same on every runtime. */
export class Endpoint {
  readonly #channel: Channel;

  constructor(channel: MessageChannelLike, events: EndpointEvents) {
    this.#channel = channel;
    const on = listenerOf(this.#channel);
    on("message", (message) => events.onMessage(message));
    on("messageerror", () => events.onLost("a message could not be read"));
    on("error", (error) => events.onLost(`it failed: ${error instanceof Error ? error.message : String(error)}`));
    on("exit", (code) => events.onLost(`it ended with code ${String(code)}`));
    on("close", () => events.onLost("the port was closed"));
    this.#channel.start?.();
  }

  /** Throws a `DataCloneError` where the message is not plain data. */
  post(message: unknown): void {
    this.#channel.postMessage(message);
  }

  /** While it is not held, it keeps no process alive. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#channel.ref?.();
    else this.#channel.unref?.();
  }

  /** Ends a worker, closes a port. Idempotent. */
  close(): void {
    if (this.#channel.terminate !== undefined) this.#channel.terminate();
    else this.#channel.close?.();
  }
}

/** Node's emitters give the value itself, event targets an event around it. */
function listenerOf(channel: Channel): (event: string, listener: (value: unknown) => void) => void {
  if (typeof channel.on === "function") return (event, listener) => channel.on!(event, listener);
  return (event, listener) =>
    channel.addEventListener?.(event, (given) =>
      listener(given.type === "message" ? (given as MessageEvent).data : (given as ErrorEvent).message),
    );
}
