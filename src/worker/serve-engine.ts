import type { Engine } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/options.ts";
import { InvalidOptionError } from "../errors.ts";
import { Connection } from "./connection.ts";
import { Endpoint, type MessageChannelLike } from "./endpoint.ts";
import { type ErrorRecord, recordOf } from "./error-record.ts";
import type { ClientMessage, HostMessage, Wanted } from "./messages.ts";
import { ownChannel } from "./own-channel.ts";

/** An engine, and what its clients should know of it. */
export interface HostedEngine {
  readonly engine: Engine;
  /** Plain data for `WorkerEngine.info`, such as the model's name and its context length. */
  readonly info?: unknown;
}

/** Options of the engine that carry its events to the clients: `new Engine({ …, ...events })`. */
export type EngineEvents = Pick<EngineOptions, "onStep" | "onKvEvent" | "onCalibrated">;

/**
 * Makes the engine. `init` is what `createWorkerEngine` was given; where it rejects, so does `createWorkerEngine`, with
 * the same error.
 */
export type MakeEngine = (init: unknown, events: EngineEvents) => HostedEngine | Promise<HostedEngine>;

/**
 * Serves an engine from this worker to the thread that started it. Call it once, before the worker's module awaits
 * anything: messages that come before it can be lost.
 *
 * In a dedicated worker the engine is made when the client opens it, and ends with the client. In a `SharedWorker` the
 * first page that opens it makes it for all, and a page that closes ends its own requests only. Given a `channel`, such
 * as one of a `MessageChannel`'s ports, it serves that one, as in a dedicated worker.
 *
 * Throws `InvalidOptionError` outside a worker where no channel is given.
 */
export function serveEngine(make: MakeEngine, channel: MessageChannelLike | null = ownChannel()): void {
  const host = new Host(make);
  const scope = globalThis as { onconnect?: ((event: MessageEvent) => void) | null };
  if (channel !== null) host.connect(channel, true);
  else if ("onconnect" in scope) scope.onconnect = ({ ports: [port] }) => host.connect(port, false);
  else throw new InvalidOptionError("serveEngine needs a channel where it is not called in a worker");
}

/** One engine and its clients. */
class Host {
  readonly #make: MakeEngine;
  readonly #connections = new Set<Connection>();
  #hosted: Promise<HostedEngine> | null = null;

  constructor(make: MakeEngine) {
    this.#make = make;
  }

  /** The owner's leaving ends the engine. */
  connect(channel: MessageChannelLike, isOwner: boolean): void {
    let connection: Connection | null = null;
    const leave = async (): Promise<void> => {
      connection?.abandon();
      if (connection !== null) this.#connections.delete(connection);
      connection = null;
      if (isOwner) await this.#end();
    };
    const receive = async (message: ClientMessage): Promise<void> => {
      if (message.type === "open") connection = await this.#open(message, endpoint);
      else if (message.type === "close") await answerClose(leave, endpoint);
      else connection?.receive(message);
    };
    const endpoint = new Endpoint(channel, {
      onMessage: (message) => void receive(message as ClientMessage),
      onLost: () => void leave().catch(() => {}),
    });
  }

  async #open({ init, wanted }: ClientMessage & { type: "open" }, endpoint: Endpoint): Promise<Connection | null> {
    const post = (message: HostMessage): void => endpoint.post(message);
    try {
      const { engine, info } = await (this.#hosted ??= this.#begin(init, wanted));
      const connection = new Connection({ engine, wanted, post });
      this.#connections.add(connection);
      post({ type: "opened", info, now: engine.now() });
      return connection;
    } catch (error) {
      this.#hosted = null;
      post({ type: "refused", error: recordOf(error) });
      return null;
    }
  }

  /** Events of the cache cost the engine something, so that they are made only where the first client wants them. */
  async #begin(init: unknown, wanted: Wanted): Promise<HostedEngine> {
    const connections = this.#connections;
    const events: EngineEvents = {
      onStep: (event) => connections.forEach((each) => each.noteStep(event)),
      onCalibrated: (fit) => connections.forEach((each) => each.noteCalibrated(fit)),
      ...(wanted.kvEvents ? { onKvEvent: (event) => connections.forEach((each) => each.noteKvEvent(event)) } : {}),
    };
    return this.#make(init, events);
  }

  async #end(): Promise<void> {
    const hosted = this.#hosted;
    this.#hosted = null;
    if (hosted !== null) await (await hosted).engine.dispose();
  }
}

/** Says that the client's requests, and what it owned, are over. */
async function answerClose(leave: () => Promise<void>, endpoint: Endpoint): Promise<void> {
  let error: ErrorRecord | null = null;
  await leave().catch((thrown: unknown) => (error = recordOf(thrown)));
  endpoint.post({ type: "closed", error } satisfies HostMessage);
}
