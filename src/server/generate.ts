import type { IndexedDelta } from "./deltas.ts";
import { EventBody } from "./event-body.ts";
import type { Exchange } from "./exchange.ts";
import type { ServerLimits } from "./limits.ts";
import { ApiError, apiErrorOf, CLIENT_CLOSED_REQUEST } from "./openai/api-error.ts";
import type { AnswerFormat, AnswerHead, Job } from "./openai/job.ts";
import type { ServedModel } from "./options.ts";
import { type EncodedPrompt, encodePrompt } from "./prompts.ts";
import type { Service } from "./service.ts";
import { Work } from "./work.ts";

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
  const work = await Work.submit(service, exchange, { job, prompts, head });
  return job.stream ? streamed(work, format, service.limits) : whole(work, format);
}

/** The model that a body names has to be this one. Throws a 404. */
export function assertModel({ model }: Pick<Job, "model">, { name }: ServedModel): void {
  if (model === null || model === name) return;
  const message = `the model ${JSON.stringify(model)} does not exist; this server has ${JSON.stringify(name)}`;
  throw new ApiError(404, message, { param: "model", code: "model_not_found" });
}

async function whole(work: Work, format: AnswerFormat): Promise<Response> {
  for await (const { delta } of work.deltas()) void delta;
  const answers = await work.answers();
  return Response.json(format.whole(answers, work.counts));
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
    body.end(events + format.end(await work.answers(), work.counts));
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
