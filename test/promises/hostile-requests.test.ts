/** Whatever a client sends, it gets an error body of OpenAI's and no 500, and the next request is answered. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { jsonRequest, post, serveScripted } from "../support/served.ts";
import { soakCount } from "../support/soak.ts";

const { handler, engine } = serveScripted();
afterAll(() => engine.dispose());

const PATHS = [
  "/v1/completions",
  "/v1/chat/completions",
  "/v1/responses",
  "/tokenize",
  "/detokenize",
  "/v1/completions/render",
  "/v1/chat/completions/render",
];

/** Bodies that are answered, field by field; each run breaks one of them. */
const MESSAGES = [{ role: "user", content: "hi" }];
const TOOLS = [{ type: "function", function: { name: "f", description: "d", parameters: { type: "object" } } }];
const SHARED = {
  model: "scripted",
  stream: false,
  stream_options: { include_usage: true },
  temperature: 0.5,
  top_p: 0.9,
  top_k: 5,
  min_p: 0.1,
  seed: 7,
  presence_penalty: 0.5,
  frequency_penalty: -0.5,
  repetition_penalty: 1.1,
  logit_bias: { "65": -100, "66": 5 },
  min_tokens: 1,
  stop: ["x"],
  stop_token_ids: [3],
  ignore_eos: true,
  priority: 1,
  cache_salt: "s",
  user: "u",
  request_id: "r",
  return_token_ids: true,
};
const FULL: Readonly<Record<string, unknown>> = {
  "/v1/completions": { ...SHARED, prompt: "hi", max_tokens: 2, echo: false, logprobs: 2, n: 2, best_of: 2 },
  "/v1/chat/completions": {
    ...SHARED,
    messages: MESSAGES,
    max_tokens: 2,
    max_completion_tokens: 2,
    logprobs: true,
    top_logprobs: 2,
    n: 2,
    tools: TOOLS,
    tool_choice: "none",
    response_format: { type: "text" },
    chat_template_kwargs: { a: 1 },
    metadata: { a: "b" },
  },
  "/v1/responses": {
    ...SHARED,
    input: "hi",
    instructions: "be",
    max_output_tokens: 2,
    text: {},
    reasoning: {},
    include: [],
  },
  "/tokenize": { prompt: "hi", add_special_tokens: true, return_token_strs: true },
  "/detokenize": { tokens: [65, 66] },
};

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "\u0000", "\ud800", "__proto__", "constructor", "<|im_start|>", "9".repeat(400), "[[[["),
);
const hostileNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-1, 0, 0.5, -0, 1e308, 2 ** 31, 2 ** 53, Number.MIN_VALUE),
);
const hostile: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    hostileText,
    hostileNumber,
    fc.constantFrom(null, true, false, [], {}),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(hostileText, tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** Where in a body a value stands, and what stands there instead. */
const mutation = fc.record({ where: fc.nat(), value: hostile, adds: fc.boolean(), key: hostileText });

/** The body with one place of it replaced, or with one more field. */
function mutated(
  body: unknown,
  { where, value, adds, key }: { where: number; value: unknown; adds: boolean; key: string },
) {
  const copy = structuredClone(body) as Record<string, unknown>;
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: Record<string, unknown>): void => {
    for (const [name, child] of Object.entries(node)) {
      places.push([node, name]);
      if (typeof child === "object" && child !== null) walk(child as Record<string, unknown>);
    }
  };
  walk(copy);
  const [node, name] = places[where % places.length];
  Object.defineProperty(node, adds ? key : name, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

/** An answer, or a refusal that OpenAI's clients can read. */
function expectCivil({ status, body }: { status: number; body: { error?: unknown } }): void {
  if (status === 200) return;
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(body.error).toEqual({
    message: expect.any(String) as string,
    type: expect.stringMatching(/_error$/) as string,
    param: expect.toSatisfy((param) => param === null || typeof param === "string") as string,
    code: expect.any(String) as string,
  });
}

async function expectAlive(): Promise<void> {
  const { status } = await post(handler, "/v1/completions", { prompt: "hi", max_tokens: 1 });
  expect(status).toBe(200);
  expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, heldBlocks: 0 });
}

test("the bodies are answered before they are broken", async () => {
  for (const [path, body] of Object.entries(FULL)) {
    expect(await post(handler, path, body)).toMatchObject({ status: 200 });
  }
});

test("one value of a body is anything", async () => {
  const request = fc
    .constantFrom(...Object.keys(FULL))
    .chain((path) => fc.record({ path: fc.constant(path), mutation }));
  await fc.assert(
    fc.asyncProperty(request, async ({ path, mutation: change }) => {
      expectCivil(await post(handler, path, mutated(FULL[path], change)));
    }),
    { numRuns: soakCount(400) },
  );
  await expectAlive();
});

test("a body is any JSON, or none", async () => {
  const body = fc.oneof(
    hostile.map((value) => JSON.stringify(value)),
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "",
      "{",
      '{"prompt":',
      "[".repeat(1000),
      '{"a":'.repeat(100),
      "nul",
      '{"prompt": "a", "prompt": 3}',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), body, async (path, text) => {
      expectCivil(await post(handler, path, text));
    }),
    { numRuns: soakCount(200) },
  );
  await expectAlive();
});

test("bytes that are no UTF-8, prototype keys, deep and huge bodies are each refused with their status", async () => {
  const ask = async (body: BodyInit) => {
    const headers = { "content-type": "application/json" };
    const response = await handler(new Request("http://test/v1/completions", { method: "POST", headers, body }));
    return { status: response.status, code: ((await response.json()) as { error: { code: string } }).error.code };
  };
  expect(await ask(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))).toEqual({ status: 400, code: "invalid_json" });
  expect(await ask('{"prompt": "a", "__proto__": {"max_tokens": 5}}')).toEqual({
    status: 400,
    code: "unknown_parameter",
  });
  expect(await ask('{"prompt": "a", "constructor": 1}')).toEqual({ status: 400, code: "unknown_parameter" });
  expect(await ask(`{"prompt": ${"[".repeat(65)}${"]".repeat(65)}}`)).toEqual({ status: 400, code: "invalid_json" });
  expect(await ask(`{"prompt": "${"[".repeat(150)}", "max_tokens": 0}`)).toEqual({
    status: 400,
    code: "invalid_value",
  });
  expect(await ask("a".repeat(4 * 2 ** 20 + 1))).toEqual({ status: 413, code: "body_too_large" });
  expect(await ask(JSON.stringify({ prompt: "a".repeat(2 ** 20) }))).toEqual({
    status: 400,
    code: "context_length_exceeded",
  });
  expect(await ask(JSON.stringify({ prompt: "" }))).toEqual({ status: 400, code: "invalid_value" });
  expect(await ask(JSON.stringify({ prompt: [50_021] }))).toEqual({ status: 400, code: "invalid_value" });
  expect(({} as { max_tokens?: number }).max_tokens).toBeUndefined();
  await expectAlive();
});

test("a body that grows beyond the limit without saying so is cut", async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
    },
  });
  const request = jsonRequest("/v1/completions", "", { body, duplex: "half" } as RequestInit);
  expect((await handler(new Request(request, { body, duplex: "half" } as RequestInit))).status).toBe(413);
  expect(sent).toBeLessThan(6 * 2 ** 20);
  await expectAlive();
});
