import type { Choice } from "../engine/token-stream.ts";
import { deltasOf, type IndexedDelta } from "./deltas.ts";
import { EventBody } from "./event-body.ts";
import type { Exchange } from "./exchange.ts";
import { type Client, rateLimited } from "./keys.ts";
import type { ServerLimits } from "./limits.ts";
import { ApiError, apiErrorOf, CLIENT_CLOSED_REQUEST } from "./openai/api-error.ts";
import type { AnswerFormat, AnswerHead, Job, TokenCounts } from "./openai/job.ts";
import type { AnswerStream, ServedModel } from "./options.ts";
import type { Service } from "./service.ts";
import { type EncodedPrompt, encodePrompt } from "./prompts.ts";

/** Makes a route's format once the prompts are known. */
export type NewFormat = (head: AnswerHead, prompts: readonly EncodedPrompt[]) => AnswerFormat;

/** Runs a job on the engine and answers with what the format makes of it, whole or as a stream. Throws `ApiError`. */
export async function generate(
  service: Service,
  exchange: Exchange,
  job: Job,
  { idPrefix, newFormat }: { readonly idPrefix: string; readonly newFormat: NewFormat },
): Promise<Response> {
  const { model } = service;
  assertModel(job, model);
  const prompts: EncodedPrompt[] = [];
  for (const prompt of job.prompts) prompts.push(await encodePrompt(prompt, model, exchange.signal));
  const head: AnswerHead = {
    id: `${idPrefix}${job.requestId ?? exchange.id}`,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
    seed: job.request.sampling?.seed ?? 0,
    promptTokenIds: prompts.map(({ tokenIds }) => tokenIds),
  };
  const format = newFormat(head, prompts);
  const work = await startWork(service, exchange, { job, prompts });
  return job.stream ? streamed(work, format, service.limits) : whole(work, format);
}

/** The model that a body names has to be this one. Throws a 404. */
export function assertModel({ model }: Pick<Job, "model">, { name }: ServedModel): void {
  if (model === null || model === name) return;
  const message = `the model ${JSON.stringify(model)} does not exist; this server has ${JSON.stringify(name)}`;
  throw new ApiError(404, message, { param: "model", code: "model_not_found" });
}

/** Submits all requests that a job becomes, or none. Throws `ApiError`, or what the engine throws. */
async function startWork(
  { engine, model }: Service,
  exchange: Exchange,
  { job, prompts }: { readonly job: Job; readonly prompts: readonly EncodedPrompt[] },
): Promise<Work> {
  const { request } = job;
  const { client } = exchange;
  const promptTokens = prompts.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
  const most = prompts.map(({ tokenIds }) => answerRoom(job.maxTokens, tokenIds.length, model));
  const n = request.n ?? 1;
  const refund = charge(client, promptTokens + n * most.reduce((sum, tokens) => sum + tokens, 0));
  const domain = client === null ? {} : { client: client.name, cacheSalt: saltOf(client, request.cacheSalt ?? "") };
  const chat = job.operation === "chat" ? model.chat : undefined;
  const turnEnds = request.ignoreStopTokenIds === true ? [] : (chat?.stopTokenIds ?? []);
  const submit = async ({ tokenIds }: EncodedPrompt, i: number): Promise<AnswerStream> =>
    engine.submit({
      ...request,
      ...domain,
      promptTokenIds: tokenIds,
      maxTokens: most[i],
      stop: [...(request.stop ?? []), ...(chat?.stop ?? [])],
      stopTokenIds: [...(request.stopTokenIds ?? []), ...turnEnds],
      signal: exchange.signal,
    });
  try {
    return new Work(exchange, { streams: await Promise.all(prompts.map(submit)), n, promptTokens, refund });
  } catch (error) {
    // Those beside the one that was refused.
    exchange.abort(apiErrorOf(error));
    refund(0);
    throw error;
  }
}

/** The requests of the engine that a job became. */
class Work {
  readonly exchange: Exchange;
  readonly #streams: readonly AnswerStream[];
  readonly #n: number;
  readonly #promptTokens: number;
  #outputTokens = 0;
  readonly #refund: (used: number) => void;

  constructor(
    exchange: Exchange,
    parts: {
      readonly streams: readonly AnswerStream[];
      readonly n: number;
      readonly promptTokens: number;
      readonly refund: (used: number) => void;
    },
  ) {
    this.exchange = exchange;
    this.#streams = parts.streams;
    this.#n = parts.n;
    this.#promptTokens = parts.promptTokens;
    this.#refund = parts.refund;
  }

  /** Pieces of the answers; throws what ended them too early, or `ApiError` where the client left. */
  async *deltas(): AsyncGenerator<IndexedDelta> {
    try {
      for await (const next of deltasOf(this.#streams, this.#n)) {
        this.#outputTokens += next.delta.tokenIds.length;
        // The error comes with the next read.
        if (next.delta.finishReason === "error" || next.delta.finishReason === "abort") continue;
        yield next;
      }
    } finally {
      this.exchange.counts = this.counts(0);
      this.#refund(this.#promptTokens + this.#outputTokens);
    }
  }

  /** All answers by index, once the deltas are over. */
  async answers(): Promise<readonly Choice[]> {
    const completions = await Promise.all(this.#streams.map((stream) => stream.completion()));
    return completions.flatMap(({ choices }) => choices);
  }

  counts(cachedTokens: number): TokenCounts {
    return { promptTokens: this.#promptTokens, cachedTokens, outputTokens: this.#outputTokens };
  }
}

/** What a request may produce: the context ends an answer, whatever the body asks for. */
function answerRoom(maxTokens: number | null, promptTokens: number, { contextLength }: ServedModel): number {
  return Math.min(maxTokens ?? contextLength, contextLength - promptTokens);
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

async function whole(work: Work, format: AnswerFormat): Promise<Response> {
  for await (const { delta } of work.deltas()) void delta;
  const answers = await work.answers();
  return Response.json(format.whole(answers, work.counts(0)));
}

/** The status is sent with the first token: until then, an error is an answer, and a proxy may ask another server. */
async function streamed(work: Work, format: AnswerFormat, { unsentBytes }: ServerLimits): Promise<Response> {
  const { exchange } = work;
  const deltas = work.deltas();
  const first = await deltas.next();
  const body = new EventBody({ unsentBytes, onLeave: () => exchange.abort() });
  exchange.streams = true;
  void pump(work, format, { body, first, deltas });
  return new Response(body.stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    },
  });
}

/** Sends the answers to their ends. Never rejects. */
async function pump(
  work: Work,
  format: AnswerFormat,
  {
    body,
    first,
    deltas,
  }: { body: EventBody; first: IteratorResult<IndexedDelta, void>; deltas: AsyncGenerator<IndexedDelta> },
): Promise<void> {
  const { exchange } = work;
  try {
    let events = format.begin();
    for (let next = first; next.done !== true; next = await deltas.next()) {
      events += format.delta(next.value.index, next.value.delta);
      if (!body.send(events)) throw behind();
      events = "";
    }
    body.end(events + format.end(work.counts(0)));
    exchange.end(200);
  } catch (thrown) {
    const error = apiErrorOf(thrown);
    exchange.abort(error);
    body.end(format.fail(error));
    exchange.end(error.status, error, error.status === 500 ? thrown : undefined);
  } finally {
    await deltas.return(undefined).catch(() => {});
  }
}

function behind(): ApiError {
  return new ApiError(CLIENT_CLOSED_REQUEST, "the client reads too slowly: the stream was ended", {
    code: "client_too_slow",
  });
}
