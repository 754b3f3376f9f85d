/** Handlers over engines of tests, and the official client that asks them without a socket. */
import OpenAI from "openai";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import { grammars } from "../../src/grammar/index.ts";
import { loadModel } from "../../src/models/index.ts";
import { plainTemplate } from "../../src/models/chat/plain-template.ts";
import { createHandler, type Handler } from "../../src/server/handler.ts";
import type { HandlerOptions, ServedModel } from "../../src/server/options.ts";
import { decodeTokenBytes, type Tokenizer } from "../../src/tokenizer.ts";
import { ScriptedBackend, type Script } from "./scripted-backend.ts";

/** Each id is its number and a space: a text tells all its ids. */
export const numberTokenizer: Tokenizer = {
  vocabSize: 50_021,
  droppedLeadingSpaces: 0,
  encode: (text) => [...new TextEncoder().encode(text)],
  encodeParts: (parts) => parts.flatMap(({ text }) => numberTokenizer.encode(text)),
  decode: (ids) => decodeTokenBytes(numberTokenizer, ids),
  tokenBytes: (id) => new TextEncoder().encode(`${id} `),
};

export interface Served {
  readonly engine: Engine;
  readonly handler: Handler;
  readonly client: OpenAI;
}

export type ServedOptions = Partial<Omit<HandlerOptions, "engine">> & { readonly engine?: Partial<EngineOptions> };

/** A handler over a scripted backend; ids are texts by `numberTokenizer` unless a model says otherwise. */
export function serveScripted(
  options: ServedOptions = {},
  script: Script = {},
): Served & { readonly backend: ScriptedBackend } {
  const backend = new ScriptedBackend(script);
  const model: ServedModel = options.model ?? {
    name: "scripted",
    tokenizer: numberTokenizer,
    chat: plainTemplate,
    contextLength: backend.info.contextLength,
  };
  const { tokenizer, chat, contextLength } = model;
  const engine = new Engine({ backend, tokenizer, chat, contextLength, ...options.engine });
  return { backend, ...servedBy(engine, { ...options, model }) };
}

/** A handler over the built-in model on the reference backend. */
export async function serveBuiltin(options: ServedOptions = {}): Promise<Served> {
  const { model, tokenizer, chat, contextLength, eosTokenIds, name } = await loadModel("builtin");
  const backend = createReferenceBackend({ model, blockCount: 128, blockSize: 16, maxTokens: 256, maxRequests: 32 });
  const masks = grammars({ tokenizer, vocabSize: model.config.vocabSize });
  const given = { tokenizer, chat, grammars: masks, stopTokenIds: eosTokenIds, ...options.engine };
  const engine = new Engine({ backend, ...given });
  return servedBy(engine, { ...options, model: options.model ?? { name, tokenizer, chat, contextLength } });
}

function servedBy(engine: Engine, options: Omit<ServedOptions, "model"> & { readonly model: ServedModel }): Served {
  const handler = createHandler({ ...options, engine });
  return { engine, handler, client: clientOf(handler) };
}

/** OpenAI's client, whose requests go to the handler. */
export function clientOf(handler: Handler, apiKey = "unused"): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: "http://test/v1",
    maxRetries: 0,
    fetch: (input, init) => handler(new Request(input, init)),
  });
}

/** JSON as a client without types reads it. */
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

/** A request with a JSON body, and its answer; the body of a stream is text. */
export async function post(
  handler: Handler,
  path: string,
  body: unknown,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly body: Json; readonly headers: Headers }> {
  const response = await handler(jsonRequest(path, body, init));
  const { status, headers } = response;
  const text = await response.text();
  if (headers.get("content-type")?.startsWith("text/event-stream") === true) return { status, body: text, headers };
  return { status, body: text === "" ? null : JSON.parse(text), headers };
}

export function jsonRequest(path: string, body: unknown, init: RequestInit = {}): Request {
  return new Request(`http://test${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
  });
}

/** The events of a stream's text, parsed; "[DONE]" stays a text. */
export function eventsOf(text: string): Json[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => event.replace(/^event: .*\n/, "").replace(/^data: /, ""))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}
