import type { Exchange } from "./exchange.ts";
import { assertModel, generate } from "./generate.ts";
import { ApiError } from "./openai/api-error.ts";
import type { ChatFormatParts } from "./openai/answer-text.ts";
import { type ChatJob, chatJob, chatSchema } from "./openai/chat-body.ts";
import { ChatFormat } from "./openai/chat-format.ts";
import { type CompletionJob, completionJob, completionSchema } from "./openai/completion-body.ts";
import { CompletionFormat } from "./openai/completion-format.ts";
import { type ResponsesJob, responsesJob, responsesSchema } from "./openai/responses-body.ts";
import { ResponsesFormat } from "./openai/responses-format.ts";
import type { EncodedPrompt } from "./prompts.ts";
import { readJson } from "./read-body.ts";
import type { BodyReaders, Route, Service } from "./service.ts";
import { tokenRoutes } from "./token-routes.ts";

/** What routes tell of the server itself. */
export interface ServerState {
  readonly version: string;
  /** False while it drains, and after the engine's failure. */
  readonly isOpen: () => boolean;
  /** Other requests that are being answered. */
  readonly load: () => number;
}

/** Every route of the server. */
export function routesOf(service: Service, state: ServerState): Route[] {
  const readers = bodyReaders(service);
  const responses = responsesSchema(service.limits);
  return [
    { path: "/health", method: "GET", answer: () => new Response(null, { status: state.isOpen() ? 200 : 503 }) },
    { path: "/ping", method: "GET", answer: () => new Response(null) },
    { path: "/version", method: "GET", answer: () => Response.json({ version: state.version }) },
    { path: "/load", method: "GET", answer: () => Response.json({ server_load: state.load() }) },
    ...modelRoutes(service),
    ...metricRoutes(service),
    {
      path: "/v1/completions",
      method: "POST",
      answer: async (exchange) => complete(service, exchange, await readers.completion(exchange)),
    },
    {
      path: "/v1/chat/completions",
      method: "POST",
      answer: async (exchange) => chat(service, exchange, await readers.chat(exchange)),
    },
    {
      path: "/v1/responses",
      method: "POST",
      answer: async (exchange) => {
        const body = await readJson(exchange.request, service.limits);
        return respond(service, exchange, responsesJob(body, responses, newSeed()));
      },
    },
    { path: "/v1/embeddings", method: "POST", answer: refuseEmbeddings },
    ...tokenRoutes(service, readers),
  ];
}

function bodyReaders({ limits }: Service): BodyReaders {
  const completion = completionSchema(limits);
  const conversation = chatSchema(limits);
  return {
    completion: async ({ request }) => completionJob(await readJson(request, limits), completion, newSeed()),
    chat: async ({ request }) => chatJob(await readJson(request, limits), conversation, newSeed()),
  };
}

/** Of a request that has none. Answers report it: the same seed gives the same answer again. */
function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

function modelRoutes({ model }: Service): Route[] {
  const { name, contextLength } = model;
  const created = Math.floor(Date.now() / 1000);
  const object = { id: name, object: "model", created, owned_by: "bstar", root: name, max_model_len: contextLength };
  return [
    { path: "/v1/models", method: "GET", answer: () => Response.json({ object: "list", data: [object] }) },
    {
      path: "/v1/models/*",
      method: "GET",
      answer: ({ request }) => {
        const wanted = decodeURIComponent(new URL(request.url).pathname.slice("/v1/models/".length));
        assertModel({ model: wanted }, model);
        return Response.json(object);
      },
    },
  ];
}

function metricRoutes({ engine, metrics }: Service): Route[] {
  if (metrics === undefined) return [];
  const answer = async (): Promise<Response> =>
    new Response(await metrics.render(await engine.stats()), { headers: { "content-type": metrics.contentType } });
  return [{ path: "/metrics", method: "GET", answer }];
}

function complete(service: Service, exchange: Exchange, job: CompletionJob): Promise<Response> {
  const { tokenizer } = service.model;
  return generate(service, exchange, job, {
    idPrefix: "cmpl-",
    newFormat: (head, prompts) =>
      new CompletionFormat(head, job, {
        tokenizer,
        echoes: job.echo ? prompts.map(({ text, tokenIds }) => text ?? tokenizer.decode(tokenIds)) : [],
      }),
  });
}

function chat(service: Service, exchange: Exchange, job: ChatJob): Promise<Response> {
  return generate(service, exchange, job, {
    idPrefix: "chatcmpl-",
    newFormat: (head, [prompt]) => new ChatFormat(head, job, formatParts(service, job.tools, prompt)),
  });
}

function respond(service: Service, exchange: Exchange, job: ResponsesJob): Promise<Response> {
  return generate(service, exchange, job, {
    idPrefix: "resp_",
    newFormat: (head, [prompt]) => new ResponsesFormat(head, job, formatParts(service, job.tools, prompt)),
  });
}

function formatParts({ model }: Service, tools: boolean, { text, forced }: EncodedPrompt): ChatFormatParts {
  return {
    tokenizer: model.tokenizer,
    newParser: () => {
      const parser = model.chat.outputParser({ tools, prompt: text ?? "" });
      // The call's mark is in the prompt: the answer begins behind it.
      if (forced !== null) parser.push(forced.prefix);
      return parser;
    },
    newId: () => crypto.randomUUID().replaceAll("-", ""),
  };
}

function refuseEmbeddings(): never {
  throw new ApiError(404, "this server generates text: it has no embeddings", { code: "unsupported_endpoint" });
}
