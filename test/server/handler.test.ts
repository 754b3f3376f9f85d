import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, describe, expect, test } from "vitest";
import type { ServerLogEntry } from "../../src/server/log.ts";
import { bstar } from "../support/cli-io.ts";
import { someTurns } from "../support/engines.ts";
import { answering, byteTokenizer } from "../support/scripted-backend.ts";
import { eventsOf, jsonRequest, post, serveBuiltin, serveScripted } from "../support/served.ts";
import { plainTemplate } from "../../src/models/chat/plain-template.ts";

const PROMPT = "Once upon a time";

describe("OpenAI's client on the built-in model", async () => {
  const { engine, client, handler } = await serveBuiltin();
  afterAll(() => engine.dispose());

  test("lists and reads the model", async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id, owned_by: by }) => [id, by])).toEqual([["builtin", "bstar"]]);
    expect(await client.models.retrieve("builtin")).toMatchObject({ object: "model", max_model_len: 512 });
    await expect(client.models.retrieve("other")).rejects.toThrow(OpenAI.NotFoundError);
  });

  test("completes as bstar generate does, whole and streamed", async () => {
    const { out } = await bstar(["generate", "--backend", "reference", "--json", "-p", PROMPT, "--max-tokens", "12"]);
    const generated = JSON.parse(out);
    const body = { model: "builtin", prompt: PROMPT, max_tokens: 12, temperature: 0 };
    const whole = await client.completions.create(body);
    expect(whole.choices[0]).toMatchObject({ index: 0, text: generated.text, finish_reason: "length", logprobs: null });
    expect(whole.usage).toMatchObject({ prompt_tokens: generated.promptTokenIds.length, completion_tokens: 12 });
    let text = "";
    for await (const chunk of await client.completions.create({ ...body, stream: true })) text += chunk.choices[0].text;
    expect(text).toBe(generated.text);
  });

  test("completes texts and ids in one request, n answers each", async () => {
    const ids = [1, 5, 9];
    const { choices } = await client.completions.create({
      model: "builtin",
      prompt: [ids, [1, 7]],
      n: 2,
      max_tokens: 2,
    });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const echoed = await client.completions.create({ model: "builtin", prompt: PROMPT, echo: true, max_tokens: 1 });
    expect(echoed.choices[0].text.startsWith(PROMPT)).toBe(true);
  });

  test("echoes a prompt with its log probabilities, whole and streamed alike", async () => {
    const body = { model: "builtin", prompt: PROMPT, echo: true, max_tokens: 2, logprobs: 1, n: 2, seed: 3 };
    const { choices, usage } = await client.completions.create(body);
    for (const { logprobs } of choices) {
      const { token_logprobs: scores = [], top_logprobs: top = [], text_offset: offsets = [] } = logprobs!;
      expect([scores.length, scores[0], top[0]]).toEqual([usage!.prompt_tokens + 2, null, null]);
      expect(scores.slice(1).every((score) => score <= 0)).toBe(true);
      expect(offsets.every((offset, i) => i === 0 || offset >= offsets[i - 1])).toBe(true);
    }
    const streamed: Record<number, (number | null)[]> = { 0: [], 1: [] };
    for await (const { choices: pieces } of await client.completions.create({ ...body, stream: true })) {
      for (const { index, logprobs } of pieces) streamed[index].push(...(logprobs?.token_logprobs ?? []));
    }
    expect(Object.values(streamed)).toEqual(choices.map(({ logprobs }) => logprobs!.token_logprobs));
  });

  test("chats, whole and streamed: the role first, the usage last", async () => {
    const body = {
      model: "builtin",
      messages: [{ role: "user" as const, content: PROMPT }],
      max_completion_tokens: 8,
      temperature: 0,
    };
    const whole = await client.chat.completions.create(body);
    expect(whole.choices[0]).toMatchObject({ message: { role: "assistant", refusal: null }, finish_reason: "length" });
    expect(whole.usage).toMatchObject({ completion_tokens: 8, total_tokens: whole.usage!.prompt_tokens + 8 });
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
      whole.choices[0].message.content,
    );
    expect(chunks.at(-2)!.choices[0]).toMatchObject({ delta: {}, finish_reason: "length" });
    const { completion_tokens: outputTokens, prompt_tokens: promptTokens } = whole.usage!;
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      // The prompt was computed a moment ago; its last token always is.
      usage: { completion_tokens: outputTokens, prompt_tokens_details: { cached_tokens: promptTokens - 1 } },
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  test("gets log probabilities of chats and completions", async () => {
    const chat = await client.chat.completions.create({
      model: "builtin",
      messages: [{ role: "user", content: PROMPT }],
      max_tokens: 3,
      temperature: 0,
      logprobs: true,
      top_logprobs: 2,
    });
    const { content } = chat.choices[0].logprobs!;
    expect(content).toHaveLength(3);
    expect(content!.map(({ token }) => token).join("")).toBe(chat.choices[0].message.content);
    expect(content![0].top_logprobs[0]).toMatchObject({ token: content![0].token, logprob: content![0].logprob });
    const completion = await client.completions.create({
      model: "builtin",
      prompt: PROMPT,
      max_tokens: 3,
      temperature: 0,
      logprobs: 2,
    });
    const { tokens, token_logprobs: scores, text_offset: offsets } = completion.choices[0].logprobs!;
    expect(tokens!.join("")).toBe(completion.choices[0].text);
    expect(scores!.every((score) => score <= 0)).toBe(true);
    expect(offsets).toEqual([0, tokens![0].length, tokens![0].length + tokens![1].length]);
  });

  test("bends its choice by bias and penalties", async () => {
    const body = { model: "builtin", prompt: PROMPT, max_tokens: 6, temperature: 0 };
    const idsOf = async (more: object): Promise<number[]> => {
      const { body: answer } = await post(handler, "/v1/completions", { ...body, return_token_ids: true, ...more });
      return answer.choices[0].token_ids;
    };
    const plain = await idsOf({});
    expect(await idsOf({ logit_bias: { [plain[0]]: -100 } })).not.toContain(plain[0]);
    expect(await idsOf({ logit_bias: { 42: 100 } })).toEqual(Array(6).fill(42));
    const once = await idsOf({ logit_bias: { 42: 30, 43: 29 }, presence_penalty: 2 });
    expect(new Set(once.slice(0, 2))).toEqual(new Set([42, 43]));
  });

  test("gets answers of the form that it asks for, and a 400 for a form that cannot be kept", async () => {
    const schema = {
      type: "object",
      properties: { a: { enum: [1, 2] } },
      required: ["a"],
      additionalProperties: false,
    };
    const chat = (format: object) =>
      post(handler, "/v1/chat/completions", { messages: [{ role: "user", content: PROMPT }], ...format });
    const textOf = async (format: object): Promise<string> => (await chat(format)).body.choices[0].message.content;
    const named = { type: "json_schema", json_schema: { name: "s", schema } };
    expect([1, 2]).toContain(JSON.parse(await textOf({ response_format: named })).a);
    expect([1, 2]).toContain(JSON.parse(await textOf({ structured_outputs: { json: schema } })).a);
    expect(await textOf({ structured_outputs: { regex: "[ab]{3}" } })).toMatch(/^[ab]{3}$/);
    expect(["red", "green"]).toContain(await textOf({ structured_outputs: { choice: ["red", "green"] } }));
    const { output } = await client.responses.create({
      model: "builtin",
      input: PROMPT,
      text: { format: { type: "json_schema", name: "s", schema } },
    });
    expect(output[0]).toMatchObject({ content: [{ text: expect.stringMatching(/"a"/) as string }] });
    expect(await chat({ structured_outputs: { regex: "(" } })).toMatchObject({ status: 400 });
    expect(await chat({ response_format: named, structured_outputs: { regex: "a" } })).toMatchObject({ status: 400 });
  });

  test("gets the same answer again by the reported seed", async () => {
    const body = { model: "builtin", prompt: PROMPT, max_tokens: 8 };
    const first = (await client.completions.create(body)) as OpenAI.Completion & { seed: number };
    const again = await client.completions.create({ ...body, seed: first.seed });
    expect(again.choices[0].text).toBe(first.choices[0].text);
  });

  test("is refused embeddings, and other models", async () => {
    await expect(client.embeddings.create({ model: "builtin", input: "a" })).rejects.toThrow(/has no embeddings/);
    await expect(client.completions.create({ model: "gpt-4o", prompt: "a" })).rejects.toThrow(
      /this server has "builtin"/,
    );
  });

  test("tokenizes, detokenizes and renders what a request would be", async () => {
    const { body } = await post(handler, "/tokenize", { prompt: PROMPT, return_token_strs: true });
    expect(body).toMatchObject({ count: body.tokens.length, max_model_len: 512 });
    expect(body.token_strs.slice(1).join("")).toBe(` ${PROMPT}`.slice(body.token_strs[1].startsWith(" ") ? 0 : 1));
    const text = await post(handler, "/detokenize", { tokens: body.tokens.slice(1) });
    expect(text.body).toEqual({ prompt: PROMPT });
    const [completion] = (await post(handler, "/v1/completions/render", { prompt: PROMPT, max_tokens: 3 })).body;
    expect(completion).toMatchObject({ token_ids: body.tokens, sampling_params: { max_tokens: 3, temperature: 1 } });
    const messages = [{ role: "user", content: PROMPT }];
    const chat = await post(handler, "/v1/chat/completions/render", { messages });
    expect(chat.body.token_ids).toEqual((await post(handler, "/tokenize", { messages })).body.tokens);
  });
});

describe("a stream", () => {
  test("never splits a character, whatever the tokens are", async () => {
    const text = "año €5 😀!";
    const model = { name: "bytes", tokenizer: byteTokenizer, chat: plainTemplate, contextLength: 200 };
    const { handler, engine } = serveScripted({ model }, { tokenAfter: answering(text) });
    const maxTokens = new TextEncoder().encode(text).length;
    const body = { prompt: [65], max_tokens: maxTokens, stream: true };
    const response = await handler(jsonRequest("/v1/completions", body));
    let streamed = "";
    for await (const chunk of response.body!) {
      const events = eventsOf(new TextDecoder("utf-8", { fatal: true }).decode(chunk));
      streamed += events.map((event) => event.choices?.[0]?.text ?? "").join("");
    }
    // The first token is that behind the prompt's.
    expect(streamed).toBe(text);
    await engine.dispose();
  });

  test("that is left ends its request at once, and its blocks are back", async () => {
    const entries: ServerLogEntry[] = [];
    const { handler, engine } = serveScripted({ log: (entry) => entries.push(entry) });
    const response = await handler(jsonRequest("/v1/completions", { prompt: "abc", max_tokens: 150, stream: true }));
    const reader = response.body!.getReader();
    await reader.read();
    expect(engine.stats().running).toBe(1);
    await reader.cancel();
    await someTurns();
    const { running, heldBlocks, aborted } = engine.stats();
    expect({ running, heldBlocks, aborted }).toEqual({ running: 0, heldBlocks: 0, aborted: 1 });
    expect(entries).toMatchObject([{ status: 499, path: "/v1/completions", promptTokens: 3 }]);
    await engine.dispose();
  });

  test("whose reader is too slow is ended with an error, and its request aborted", async () => {
    const { handler, engine } = serveScripted({ limits: { unsentBytes: 1000 } });
    const body = { prompt: "abc", max_tokens: 150, stream: true };
    const response = await handler(jsonRequest("/v1/completions", body));
    await wait(50);
    while (engine.stats().running > 0) await someTurns();
    expect(engine.stats().aborted).toBe(1);
    const events = eventsOf(await response.text());
    expect(events.at(-2)).toMatchObject({ error: { code: "client_too_slow" } });
    await engine.dispose();
  });

  test("sends its status with the first token: what fails before is an answer with a status", async () => {
    const { handler, engine } = serveScripted({}, { fails: () => new Error("the device is on fire") });
    const { status, body } = await post(handler, "/v1/completions", { prompt: "abc", stream: true });
    expect({ status, code: body.error.code }).toEqual({ status: 500, code: "step_failed" });
    await engine.dispose();
  });

  test("that fails in the middle ends with an error event", async () => {
    const fails = (_: unknown, executed: number): Error | undefined => (executed < 3 ? undefined : new Error("gone"));
    const { handler, engine } = serveScripted({}, { fails });
    const body = { prompt: "abc", max_tokens: 50, stream: true };
    const events = eventsOf(await (await handler(jsonRequest("/v1/completions", body))).text());
    expect(events[0].choices[0].text).not.toBe("");
    expect(events.slice(-2)).toMatchObject([{ error: { code: "step_failed", type: "server_error" } }, "[DONE]"]);
    await engine.dispose();
  });
});

describe("a client that leaves before its answer", () => {
  test("ends its request", async () => {
    const { handler, engine, backend } = serveScripted();
    backend.hold();
    const leave = new AbortController();
    const answer = handler(jsonRequest("/v1/completions", { prompt: "abc" }, { signal: leave.signal }));
    await someTurns();
    expect(engine.stats().running).toBe(1);
    leave.abort();
    await answer;
    expect(engine.stats().running).toBe(0);
    backend.release();
    await engine.dispose();
  });
});

describe("the server", () => {
  test("answers /health and the models while a step never ends", async () => {
    const { handler, backend, engine } = serveScripted();
    backend.hold();
    const answer = post(handler, "/v1/completions", { prompt: "abc", max_tokens: 2 });
    await someTurns();
    for (const path of ["/health", "/ping", "/v1/models", "/version", "/load"]) {
      expect((await handler(new Request(`http://test${path}`))).status).toBe(200);
    }
    expect(await (await handler(new Request("http://test/load"))).json()).toEqual({ server_load: 1 });
    backend.release();
    expect((await answer).status).toBe(200);
    await engine.dispose();
  });

  test("says 503 with retry-after where the queue is full", async () => {
    const { handler, backend, engine } = serveScripted({ engine: { maxRequests: 1, maxWaitingRequests: 1 } });
    backend.hold();
    const answers = ["a", "b", "c", "d"].map((prompt) => post(handler, "/v1/completions", { prompt, max_tokens: 2 }));
    await someTurns();
    const refused = await Promise.race(answers);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "queue_full" } } });
    expect(refused.headers.get("retry-after")).toBe("1");
    backend.release();
    await Promise.all(answers);
    await engine.dispose();
  });

  test("echoes a request's id, and makes one where there is none or no fit one", async () => {
    const { handler } = serveScripted();
    const idOf = async (headers: Record<string, string>) =>
      (await handler(new Request("http://test/health", { headers }))).headers.get("x-request-id");
    expect(await idOf({ "x-request-id": "mine-7" })).toBe("mine-7");
    expect(await idOf({})).toMatch(/^[\da-f-]{36}$/);
    expect(await idOf({ "x-request-id": "no spaces" })).toMatch(/^[\da-f-]{36}$/);
  });

  test("names paths and methods that it does not have", async () => {
    const { handler } = serveScripted();
    expect(await post(handler, "/v1/nothing", {})).toMatchObject({
      status: 404,
      body: { error: { code: "not_found_error" } },
    });
    const wrong = await handler(new Request("http://test/v1/completions"));
    expect(wrong.status).toBe(405);
  });

  test("drains: running requests end, new ones get a 503", async () => {
    const { handler, backend, engine } = serveScripted();
    backend.hold();
    const answer = post(handler, "/v1/completions", { prompt: "abc", max_tokens: 2 });
    await someTurns();
    const drained = handler.drain();
    expect(await post(handler, "/v1/completions", { prompt: "abc" })).toMatchObject({ status: 503 });
    expect((await handler(new Request("http://test/health"))).status).toBe(503);
    expect((await handler(new Request("http://test/ping"))).status).toBe(200);
    backend.release();
    await drained;
    expect((await answer).status).toBe(200);
    await engine.dispose();
  });

  test("ends what still runs when the time to drain is over", async () => {
    const { handler, backend, engine } = serveScripted();
    backend.hold();
    const answer = post(handler, "/v1/completions", { prompt: "abc", max_tokens: 100 });
    await someTurns();
    const over = new AbortController();
    const drained = handler.drain(over.signal);
    over.abort();
    await drained;
    expect(await answer).toMatchObject({ status: 503, body: { error: { message: "the server is shutting down" } } });
    expect(engine.stats().heldBlocks).toBe(0);
    backend.release();
    await engine.dispose();
  });

  test("logs neither prompts nor answers", async () => {
    const entries: ServerLogEntry[] = [];
    const { handler, engine } = serveScripted({ log: (entry) => entries.push(entry) });
    await post(handler, "/v1/completions", { prompt: "my secret", max_tokens: 2 });
    await post(handler, "/v1/completions", { prompt: { secret: 1 } });
    expect(entries.map(({ status }) => status)).toEqual([200, 400]);
    expect(JSON.stringify(entries)).not.toContain("secret");
    expect(entries[0]).toMatchObject({ promptTokens: 9, outputTokens: 2, method: "POST" });
    await engine.dispose();
  });

  test("allows no pages of other origins, unless told to", async () => {
    const headers = { origin: "https://page.example" };
    const closed = serveScripted().handler;
    expect(
      (await closed(new Request("http://test/v1/models", { headers }))).headers.has("access-control-allow-origin"),
    ).toBe(false);
    const open = serveScripted({ corsOrigins: ["https://page.example"] }).handler;
    const answer = await open(new Request("http://test/v1/models", { headers }));
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://page.example");
  });
});
