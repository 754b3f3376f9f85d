import type { KvEvent } from "../blocks/events.ts";
import type { StepEvent } from "../engine/options.ts";
import type { AnswerEnd, TokenDelta, TokenStream } from "../engine/token-stream.ts";
import { recordOf } from "./error-record.ts";
import type { Batch, WireDelta } from "./messages.ts";

/**
 * Batches that the client has not taken in: some, so that the next step's tokens do not wait for an answer. Beyond them
 * streams hold what comes, in one delta each, as they do for any slow reader.
 */
const MAX_BATCHES_IN_FLIGHT = 4;

/**
 * Events kept for a client that takes nothing in: some megabytes. Beyond, events of steps are dropped, and events of
 * the cache become one event that says that nothing is cached, which is always safe.
 */
const MAX_EVENTS = 65_536;

/**
 * Gathers what came of a step for one client and posts it as one message.
 *
 * Law: a delta is posted once, in the order of its stream; at most `MAX_BATCHES_IN_FLIGHT` batches are under way.
 */
export class Outbox {
  readonly #post: (batch: Batch) => void;
  readonly #clock: () => number;
  /** Streams with something to read, and the calls that opened them. */
  readonly #news = new Map<TokenStream, number>();
  #steps: StepEvent[] = [];
  #kvEvents: KvEvent[] = [];
  #inFlight = 0;
  #isScheduled = false;

  constructor(post: (batch: Batch) => void, clock: () => number) {
    this.#post = post;
    this.#clock = clock;
  }

  /** Posts what the stream gives from now on, until it has ended. */
  follow(stream: TokenStream, call: number): void {
    stream.onNews = () => {
      this.#news.set(stream, call);
      this.#schedule();
    };
    stream.onNews();
  }

  noteStep(event: StepEvent): void {
    if (this.#steps.length >= MAX_EVENTS) this.#steps = [];
    this.#steps.push(event);
    this.#schedule();
  }

  noteKvEvent(event: KvEvent): void {
    if (this.#kvEvents.length >= MAX_EVENTS) {
      this.#kvEvents = [
        { type: "cleared", tier: "device" },
        { type: "cleared", tier: "host" },
      ];
    }
    this.#kvEvents.push(event);
    this.#schedule();
  }

  /** The client has taken a batch in. */
  noteTaken(): void {
    this.#inFlight--;
    this.#schedule();
  }

  /** A step tells its streams in one turn: what follows in the same turn is in the same batch. */
  #schedule(): void {
    if (this.#isScheduled || this.#inFlight >= MAX_BATCHES_IN_FLIGHT) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const deltas = [...this.#news].flatMap(([stream, call]) => deltasOf(stream, call));
    this.#news.clear();
    const steps = this.#steps;
    const kvEvents = this.#kvEvents;
    if (deltas.length + steps.length + kvEvents.length === 0) return;
    this.#steps = [];
    this.#kvEvents = [];
    this.#inFlight++;
    this.#post({ now: this.#clock(), deltas, steps, kvEvents });
  }
}

function deltasOf(stream: TokenStream, call: number): WireDelta[] {
  const deltas: WireDelta[] = [];
  for (let delta = stream.read(); delta !== null; delta = stream.read()) deltas.push(wireDelta(stream, call, delta));
  return deltas;
}

function wireDelta(
  stream: TokenStream,
  call: number,
  { choice, tokenIds, text, logprobs, promptLogprobs, ...last }: TokenDelta,
): WireDelta {
  const { finishReason, error } = last;
  const end =
    finishReason === null ? null : { finishReason, error: error && recordOf(error), ...endOf(stream.ended(choice)!) };
  return { call, choice, tokenIds, text, logprobs, promptLogprobs, end };
}

function endOf({ timing, stop, usage, seed }: AnswerEnd): AnswerEnd {
  return { timing, stop, usage, seed };
}
