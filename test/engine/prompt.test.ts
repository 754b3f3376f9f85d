import { describe, expect, test } from "vitest";
import { InfeasibleRequestError, InvalidRequestError } from "../../src/errors.ts";
import { parseChatTemplate } from "../../src/models/chat/chat-template.ts";
import { plainTemplate } from "../../src/models/chat/plain-template.ts";
import { parseTokenizer } from "../../src/models/tokenizer.ts";
import { priority } from "../../src/policies/eviction/priority.ts";
import { setUp } from "../support/engines.ts";
import { byteLevelTokenizerJson } from "../support/tokenizer-files.ts";

describe("the prefix cache", () => {
  test("cachedTokens says what a request would find, by salt and adapter", async () => {
    const { engine } = setUp();
    const promptTokenIds = Array.from({ length: 12 }, (_, i) => i);
    await engine.submit({ promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 3 }).completion();
    const cached = (query: object): number => engine.cachedTokens({ promptTokenIds, ...query });
    expect([
      cached({ cacheSalt: "a", adapterId: 3 }),
      cached({ cacheSalt: "a" }),
      cached({ cacheSalt: "b", adapterId: 3 }),
      cached({}),
    ]).toEqual([11, 0, 0, 0]);
    expect(
      engine.cachedTokens({ promptTokenIds: [...promptTokenIds.slice(0, 5), 99], cacheSalt: "a", adapterId: 3 }),
    ).toBe(5);
    await engine.submit({ id: "b", promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 3 }).completion();
    expect(engine.stats().cachedTokens).toBe(11);
    await engine.dispose();
  });

  test("a request with a retention hint leaves its blocks for longer, until its time is over", async () => {
    let now = 0;
    const { engine } = setUp({ blockCount: 6, clock: () => now, eviction: priority() });
    const use = (from: number, retention?: { priority: number; duration: number }) =>
      engine
        .submit({ promptTokenIds: Array.from({ length: 9 }, (_, i) => 100 * from + i), maxTokens: 1, retention })
        .completion();
    const kept = (): number => engine.cachedTokens({ promptTokenIds: Array.from({ length: 9 }, (_, i) => 100 + i) });
    await use(1, { priority: 80, duration: 10 });
    for (const from of [2, 3, 4, 5]) await use(from);
    expect(kept()).toBe(8);
    now = 11;
    for (const from of [6, 7, 8, 9]) await use(from);
    expect(kept()).toBe(0);
    await engine.dispose();
  });
});

describe("messages", () => {
  const tokenizer = parseTokenizer(byteLevelTokenizerJson());
  const chat = {
    ...parseChatTemplate("<|bos|>{% for m in messages %}{{ m.content | trim }}<|eos|>{% endfor %}"),
    stopTokenIds: [1],
  };
  const messages = [{ role: "user", content: " the<|eos|> " }];
  const script = { info: { vocabSize: 263, contextLength: 64 } };

  test("are rendered, and their contents are text", async () => {
    const { engine } = setUp({ tokenizer, chat }, script);
    const stream = engine.submit({ messages, maxTokens: 1 });
    const [bos, ...rest] = stream.promptTokenIds;
    expect(bos).toBe(0);
    expect(rest.filter((id) => id === 1)).toEqual([1]);
    expect(tokenizer.decode(stream.promptTokenIds, { skipSpecialTokens: false })).toBe("<|bos|>the<|eos|><|eos|>");
    expect(engine.cachedTokens({ messages })).toBe(0);
    await stream.completion();
    expect(
      [...engine.submit({ messages, maxTokens: 1, chat: { contents: "parse" } }).promptTokenIds].filter(
        (id) => id === 1,
      ),
    ).toEqual([1, 1]);
    await engine.dispose();
  });

  test("end with the template's ids and texts", async () => {
    const script1 = { ...script, tokenAfter: () => 1 };
    const { engine } = setUp({ tokenizer, chat: { ...chat, stop: ["zz"] } }, script1);
    const request = engine.submit({ messages, maxTokens: 4, stop: ["yy"] });
    expect((await request.completion()).finishReason).toMatch(/stop|length/);
    await engine.dispose();
  });

  test("without a template, without a tokenizer, and what no template takes", async () => {
    const { engine: bare } = setUp({ tokenizer }, script);
    expect(() => bare.submit({ messages, maxTokens: 1 })).toThrow(
      new InvalidRequestError("messages need an engine with a chat template"),
    );
    expect(() => bare.submit({ prompt: "a", chat: {}, maxTokens: 1 })).toThrow(
      new InvalidRequestError("chat is for messages"),
    );
    const { engine: mute } = setUp({ chat }, script);
    expect(() => mute.submit({ messages, maxTokens: 1 })).toThrow(
      new InvalidRequestError("messages need an engine with a tokenizer"),
    );
    const { engine } = setUp({ tokenizer, chat: plainTemplate }, script);
    expect(() => engine.submit({ messages: [], maxTokens: 1 })).toThrow(
      new InvalidRequestError("messages must be a list of at least one message"),
    );
    expect(() => engine.submit({ messages, prompt: "a", maxTokens: 1 } as never)).toThrow(InvalidRequestError);
    await Promise.all([bare, mute, engine].map((each) => each.dispose()));
  });

  test("a text far beyond the context is refused before it is encoded", async () => {
    const { engine } = setUp({ tokenizer, chat }, script);
    const long = "x".repeat(10_000_000);
    expect(() => engine.submit({ prompt: long, maxTokens: 1 })).toThrow(InfeasibleRequestError);
    expect(() => engine.submit({ prompt: long, maxTokens: 1 })).toThrow(
      /^the prompt has 10000000 characters, at least \d+ tokens; the context length is 64$/,
    );
    await engine.dispose();
  });
});
