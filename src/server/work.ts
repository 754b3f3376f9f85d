import type { Completion } from "../engine/token-stream.ts";
import { deltasOf, type IndexedDelta } from "./deltas.ts";
import type { Exchange } from "./exchange.ts";
import { type Client, rateLimited } from "./keys.ts";
import { apiErrorOf } from "./openai/api-error.ts";
import type { Answer, AnswerHead, Job, TokenCounts } from "./openai/job.ts";
import type { AnswerStream, ServedModel } from "./options.ts";
import type { EncodedPrompt } from "./prompts.ts";
import type { Service } from "./service.ts";
import type { RequestObserver, RequestSpan } from "./telemetry.ts";

/** A job, its prompts in ids, and what its answers are headed with. */
export interface WorkInput {
  readonly job: Job;
  readonly prompts: readonly EncodedPrompt[];
  readonly head: AnswerHead;
}

/** The requests of the engine that a job becomes. */
export class Work {
  readonly exchange: Exchange;
  readonly #input: WorkInput;
  readonly #streams: readonly AnswerStream[];
  readonly #refund: (used: number) => void;
  readonly #observer: RequestObserver | undefined;
  readonly #span: RequestSpan | undefined;
  readonly #promptTokens: number;
  /** Known once the answers have ended. */
  #cachedTokens = 0;
  #outputTokens = 0;

  /** Submits all requests, or none. Rejects with `ApiError`, and with what the engine throws. */
  static async submit(service: Service, exchange: Exchange, input: WorkInput): Promise<Work> {
    const { model, engine } = service;
    const { job, prompts } = input;
    const { n = 1 } = job.request;
    const most = prompts.map(({ tokenIds }) => answerRoom(job.maxTokens, tokenIds.length, model));
    const promptTokens = prompts.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
    const refund = charge(exchange.client, promptTokens + n * most.reduce((sum, tokens) => sum + tokens, 0));
    const fields = { ...requestFields(job, exchange.client, model), ...formatOf(prompts) };
    const streams: AnswerStream[] = [];
    try {
      for (const [i, { tokenIds: promptTokenIds }] of prompts.entries()) {
        const request = { ...fields, promptTokenIds, maxTokens: most[i], signal: exchange.signal };
        streams.push(await engine.submit(request));
      }
    } catch (error) {
      // Those before the one that was refused.
      exchange.abort(apiErrorOf(error));
      refund(0);
      throw error;
    }
    return new Work(service, exchange, { input, streams, refund, promptTokens });
  }

  private constructor(
    { metrics, spans, model }: Service,
    exchange: Exchange,
    made: {
      readonly input: WorkInput;
      readonly streams: readonly AnswerStream[];
      readonly refund: (used: number) => void;
      readonly promptTokens: number;
    },
  ) {
    this.exchange = exchange;
    this.#input = made.input;
    this.#streams = made.streams;
    this.#refund = made.refund;
    this.#promptTokens = made.promptTokens;
    this.#observer = metrics?.observe(made.input.job, this.#promptTokens);
    this.#span = spans?.begin(made.input.job, model.name);
  }

  /** Pieces of the answers; throws what ended them too early. */
  async *deltas(): AsyncGenerator<IndexedDelta> {
    let failure: unknown = null;
    try {
      for await (const next of deltasOf(this.#streams, this.#input.job.request.n ?? 1)) {
        const { finishReason, tokenIds } = next.delta;
        this.#outputTokens += tokenIds.length;
        this.#observer?.noteTokens(next.index, tokenIds.length);
        // The error comes with the next read.
        if (finishReason !== "error" && finishReason !== "abort") yield next;
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await this.#end(failure);
    }
  }

  /** All answers by index, once the deltas are over. */
  async answers(): Promise<readonly Answer[]> {
    return (await this.#completions()).flatMap(({ choices, promptLogprobs }) =>
      promptLogprobs === undefined ? choices : choices.map((choice) => ({ ...choice, promptLogprobs })),
    );
  }

  #completions(): Promise<readonly Completion[]> {
    return Promise.all(this.#streams.map((stream) => stream.completion()));
  }

  /** So far. */
  get counts(): TokenCounts {
    return {
      promptTokens: this.#promptTokens,
      cachedTokens: this.#cachedTokens,
      outputTokens: this.#outputTokens,
    };
  }

  async #end(failure: unknown): Promise<void> {
    this.#refund(this.#promptTokens + this.#outputTokens);
    const completions = await this.#completions();
    this.#cachedTokens = completions.reduce((sum, { choices: [first] }) => sum + first.usage.cachedTokens, 0);
    const { counts } = this;
    this.exchange.counts = counts;
    const reasons = completions.flatMap(({ choices }) => choices.map(({ finishReason }) => finishReason));
    this.#observer?.end(completions, counts);
    const errorCode = failure === null ? null : apiErrorOf(failure).code;
    this.#span?.end({ responseId: this.#input.head.id, reasons, counts, errorCode });
  }
}

/** What a request may produce: the context ends an answer, whatever the body asks for. */
function answerRoom(maxTokens: number | null, promptTokens: number, { contextLength }: ServedModel): number {
  return Math.min(maxTokens ?? contextLength, contextLength - promptTokens);
}

/** Fields that all requests of a job share: the body's, with the key's domain and the ends of the chat template. */
function requestFields({ request, operation }: Job, client: Client | null, model: ServedModel): Job["request"] {
  const chat = operation === "chat" ? model.chat : undefined;
  const turnEnds = request.ignoreStopTokenIds === true ? [] : (chat?.stopTokenIds ?? []);
  return {
    ...request,
    ...(client !== null && { client: client.name, cacheSalt: saltOf(client, request.cacheSalt ?? "") }),
    stop: [...(request.stop ?? []), ...(chat?.stop ?? [])],
    stopTokenIds: [...(request.stopTokenIds ?? []), ...turnEnds],
  };
}

/** The form that a forced call has. */
function formatOf([{ forced }]: readonly EncodedPrompt[]): Pick<Job["request"], "responseFormat"> {
  return forced === null ? {} : { responseFormat: forced.responseFormat };
}

/** A salt of the body divides a key's prompts once more, and never reaches those of another key. */
function saltOf({ cacheSalt }: Client, ofBody: string): string {
  return ofBody === "" ? cacheSalt : JSON.stringify([cacheSalt, ofBody]);
}

/** Takes the most tokens that the request may use from the key's minute; returns how to give the rest back. */
function charge(client: Client | null, most: number): (used: number) => void {
  const limit = client?.tokens ?? null;
  if (limit === null) return () => {};
  const wait = limit.take(most);
  if (wait > 0) throw rateLimited(`tokens (this request may take ${most})`, limit.perMinute, wait);
  return (used) => limit.giveBack(most - used);
}
