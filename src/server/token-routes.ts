import * as z from "zod";
import type { ChatMessage } from "../chat.ts";
import type { Exchange } from "./exchange.ts";
import { assertModel } from "./generate.ts";
import { chatMessages, messagesSchema } from "./openai/chat-messages.ts";
import type { Job, JobPrompt } from "./openai/job.ts";
import { tokenText } from "./openai/logprobs.ts";
import { flagSchema, integer, optional, parseBody } from "./openai/schema.ts";
import { encodePrompt } from "./prompts.ts";
import { readJson } from "./read-body.ts";
import type { BodyReaders, Route, Service } from "./service.ts";

/** vLLM's routes between text and ids, for routers and for people. */
export function tokenRoutes(service: Service, readers: BodyReaders): Route[] {
  const { limits } = service;
  const tokenize = tokenizeSchema(service);
  const detokenize = z.strictObject({ model: optional(z.string()), tokens: z.array(integer(0, 2 ** 31 - 1)) });
  return [
    {
      path: "/tokenize",
      method: "POST",
      answer: async (exchange) => {
        const body = parseBody(tokenize, await readJson(exchange.request, limits));
        return tokenized(service, exchange, body);
      },
    },
    {
      path: "/detokenize",
      method: "POST",
      answer: async ({ request }) => {
        const { model, tokens } = parseBody(detokenize, await readJson(request, limits));
        assertModel({ model: model ?? null }, service.model);
        return Response.json({ prompt: service.model.tokenizer.decode(tokens, { skipSpecialTokens: false }) });
      },
    },
    {
      path: "/v1/completions/render",
      method: "POST",
      answer: async (exchange) => Response.json(await rendered(service, exchange, await readers.completion(exchange))),
    },
    {
      path: "/v1/chat/completions/render",
      method: "POST",
      answer: async (exchange) => Response.json((await rendered(service, exchange, await readers.chat(exchange)))[0]),
    },
  ];
}

function tokenizeSchema({ limits }: Service) {
  const flag = optional(flagSchema);
  return z.union(
    [
      z.strictObject({
        model: optional(z.string()),
        prompt: z.string(),
        add_special_tokens: flag,
        return_token_strs: flag,
      }),
      z.strictObject({
        model: optional(z.string()),
        messages: messagesSchema(limits),
        add_generation_prompt: flag,
        return_token_strs: flag,
      }),
    ],
    'must be an object with "prompt" or "messages"',
  );
}

async function tokenized(
  { model }: Service,
  exchange: Exchange,
  body: z.infer<ReturnType<typeof tokenizeSchema>>,
): Promise<Response> {
  assertModel({ model: body.model ?? null }, model);
  const tokenIds = await idsOf(body, model, exchange.signal);
  return Response.json({
    count: tokenIds.length,
    max_model_len: model.contextLength,
    tokens: tokenIds,
    ...(body.return_token_strs === true && { token_strs: tokenIds.map((id) => tokenText(model.tokenizer, id)) }),
  });
}

async function idsOf(
  body: z.infer<ReturnType<typeof tokenizeSchema>>,
  model: Service["model"],
  signal: AbortSignal,
): Promise<readonly number[]> {
  if ("prompt" in body) {
    const { tokenizer } = model;
    const options = { addSpecialTokens: body.add_special_tokens ?? true };
    return tokenizer.encodeAsync?.(body.prompt, { ...options, signal }) ?? tokenizer.encode(body.prompt, options);
  }
  const messages: readonly ChatMessage[] = chatMessages(body.messages);
  const options = { addGenerationPrompt: body.add_generation_prompt ?? true };
  const prompt: JobPrompt = { kind: "chat", messages, options, forced: null };
  return (await encodePrompt(prompt, model, signal)).tokenIds;
}

/** What the engine would be asked, without asking it: one object a prompt. */
async function rendered({ model }: Service, exchange: Exchange, job: Job): Promise<object[]> {
  assertModel(job, model);
  const { sampling, n, stop, stopTokenIds, ignoreStopTokenIds, priority, cacheSalt } = job.request;
  const objects: object[] = [];
  for (const prompt of job.prompts) {
    const { tokenIds } = await encodePrompt(prompt, model, exchange.signal);
    objects.push({
      request_id: job.requestId ?? exchange.id,
      token_ids: tokenIds,
      model: model.name,
      stream: job.stream,
      priority,
      cache_salt: cacheSalt === "" ? null : cacheSalt,
      sampling_params: {
        n,
        max_tokens: job.maxTokens ?? model.contextLength - tokenIds.length,
        temperature: sampling?.temperature,
        top_p: sampling?.topP,
        top_k: sampling?.topK,
        min_p: sampling?.minP,
        seed: sampling?.seed,
        stop,
        stop_token_ids: stopTokenIds,
        ignore_eos: ignoreStopTokenIds,
      },
    });
  }
  return objects;
}
