/// <reference lib="esnext.disposable" preserve="true" />
import { integerOption } from "../option-checks.ts";
import type { KvEvent } from "../blocks/events.ts";
import { InvalidOptionError, MissingPackageError } from "../errors.ts";
import { EventBatch } from "./event-batch.ts";
import { DEFAULT_BUFFER_BATCHES, ReplayBuffer } from "./replay-buffer.ts";

/** Where events go. */
export interface KvEventOptions {
  /** Where subscribers connect. Default "tcp://127.0.0.1:5557": events carry prompts in clear. */
  readonly endpoint?: string;
  /** Where batches are asked for again; null for nowhere. Default "tcp://127.0.0.1:5558". */
  readonly replayEndpoint?: string | null;
  /** First frame of each message. llm-d reads "kv@<pod-ip:port>@<model>". Default "". */
  readonly topic?: string;
  /** The data-parallel rank. Default 0. */
  readonly rank?: number;
  /** Batches that can be asked for again. Default 10,000. */
  readonly bufferBatches?: number;
  /** Messages that a slow subscriber may have waiting before it misses some. Default 100,000. */
  readonly highWaterMark?: number;
}

export const DEFAULT_KV_ENDPOINT = "tcp://127.0.0.1:5557";
export const DEFAULT_KV_REPLAY_ENDPOINT = "tcp://127.0.0.1:5558";

/** vLLM's default. */
const DEFAULT_HIGH_WATER_MARK = 100_000;

/** The number that ends a replay: -1 as 64 bits. */
const END_OF_REPLAY = 2n ** 64n - 1n;

/** What is used of a socket of zeromq, whose types an optional package has. */
interface Socket {
  readonly lastEndpoint: string | null;
  bind(address: string): Promise<void>;
  send(frames: (string | Uint8Array)[]): Promise<void>;
  close(): void;
}

interface Sockets {
  readonly publisher: Socket;
  readonly router: (Socket & AsyncIterable<Uint8Array[]>) | null;
}

/**
 * Opens a publisher of the prefix cache's events over ZMQ, as routers of vLLM's fleets read them (docs/kv-events.md).
 *
 * Rejects with `MissingPackageError` without the packages zeromq and @msgpack/msgpack, and with `InvalidOptionError`
 * where an endpoint cannot be bound.
 */
export async function createKvEventPublisher(options: KvEventOptions = {}): Promise<KvEventPublisher> {
  const { endpoint = DEFAULT_KV_ENDPOINT, replayEndpoint = DEFAULT_KV_REPLAY_ENDPOINT } = options;
  const { bufferBatches = DEFAULT_BUFFER_BATCHES, highWaterMark = DEFAULT_HIGH_WATER_MARK } = options;
  integerOption("bufferBatches", bufferBatches, { least: 1 });
  integerOption("highWaterMark", highWaterMark, { least: 1 });
  const { zmq, msgpack } = await load();
  const publisher = new zmq.Publisher({ sendHighWaterMark: highWaterMark, linger: 0 });
  const router = replayEndpoint === null ? null : new zmq.Router({ linger: 0 });
  try {
    await bind(publisher, endpoint);
    if (router !== null) await bind(router, replayEndpoint!);
  } catch (error) {
    publisher.close();
    router?.close();
    throw error;
  }
  const encoder = new msgpack.Encoder({ useBigInt64: true });
  return new KvEventPublisher({ publisher, router }, (value) => encoder.encode(value), options);
}

/**
 * Publishes events: pass `publish` to an engine as its `onKvEvent`. Events of one turn of the event loop are one batch,
 * which goes out after the step that made them.
 */
export class KvEventPublisher implements AsyncDisposable {
  readonly #sockets: Sockets;
  readonly #encode: (value: unknown) => Uint8Array;
  readonly #topic: string;
  readonly #rank: number;
  readonly #batch = new EventBatch();
  readonly #buffer: ReplayBuffer;
  /** Settles when all that was published is with ZMQ, which sends one message at a time. */
  #sent: Promise<void> = Promise.resolve();
  #isScheduled = false;
  #isClosed = false;

  /** `createKvEventPublisher` makes one. */
  constructor(sockets: Sockets, encode: (value: unknown) => Uint8Array, options: KvEventOptions) {
    this.#sockets = sockets;
    this.#encode = encode;
    this.#topic = options.topic ?? "";
    this.#rank = options.rank ?? 0;
    this.#buffer = new ReplayBuffer(options.bufferBatches ?? DEFAULT_BUFFER_BATCHES);
    void this.#answerReplays();
  }

  /** Where it publishes: a port that was left to the system is named here. */
  get endpoint(): string {
    return this.#sockets.publisher.lastEndpoint!;
  }

  get replayEndpoint(): string | null {
    return this.#sockets.router?.lastEndpoint ?? null;
  }

  /** Blocks that subscribers know of, on any tier. */
  get blockCount(): number {
    return this.#batch.blockCount;
  }

  /** Takes an event in; an arrow function, so that it can be passed on alone. */
  readonly publish = (event: KvEvent): void => {
    this.#batch.add(event);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  };

  /** Sends what is there, and closes the sockets. Idempotent. */
  async close(): Promise<void> {
    this.#flush();
    await this.#sent;
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sockets.publisher.close();
    this.#sockets.router?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#batch.isEmpty || this.#isClosed) return;
    // An integer would be written as one, and readers expect a float.
    const seconds = Date.now() / 1000 + 1e-6;
    const payload = this.#encode([seconds, this.#batch.take(), this.#rank]);
    const sequence = this.#buffer.add(payload);
    const frames = [this.#topic, bigEndian(BigInt(sequence)), payload];
    // A message that cannot be sent is missed: subscribers see the gap and ask for it again.
    this.#sent = this.#sent.then(() => this.#sockets.publisher.send(frames)).catch(() => {});
  }

  /** Answers each request with the batches from its number on, and a mark of the end. */
  async #answerReplays(): Promise<void> {
    const { router } = this.#sockets;
    if (router === null) return;
    for await (const [client, , start] of router) {
      if (start?.length !== 8) continue;
      try {
        for (const { sequence, payload } of this.#buffer.from(numberOf(start))) {
          await router.send([client, "", this.#topic, bigEndian(BigInt(sequence)), payload]);
        }
        await router.send([client, "", "", bigEndian(END_OF_REPLAY), ""]);
      } catch {
        // The client left in the middle: the rest is not sent.
      }
    }
  }
}

function bigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

function numberOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}

async function bind(socket: Socket, endpoint: string): Promise<void> {
  try {
    await socket.bind(endpoint);
  } catch (error) {
    throw new InvalidOptionError(`${endpoint} cannot be bound: ${(error as Error).message}`);
  }
}

async function load() {
  try {
    return { zmq: await import("zeromq"), msgpack: await import("@msgpack/msgpack") };
  } catch (error) {
    throw new MissingPackageError(
      "KV events need the packages zeromq and @msgpack/msgpack: npm install zeromq @msgpack/msgpack",
      { cause: error },
    );
  }
}
