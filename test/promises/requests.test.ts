import { describe, expect, test } from "vitest";
import { DisposedError } from "../../src/errors.ts";
import { promptOf, setUp } from "../support/engines.ts";
import { answering, byteTokenizer } from "../support/scripted-backend.ts";

describe("requests are checked", () => {
  test.each<[object, string]>([
    [{ minTokens: 5 }, 'a request has no field "minTokens"; did you mean maxTokens?'],
    [{ max_tokens: 5 }, 'a request has no field "max_tokens"; did you mean maxTokens?'],
    [{ sampling: { top_p: 0.5 } }, 'sampling has no field "top_p"; did you mean topP?'],
    [{ stopTokenIds: ["</s>"] }, "stopTokenIds[0] must be an integer >= 0, got </s>"],
    [{ cacheSalt: { tenant: 1 } }, "cacheSalt must be text, got [object Object]"],
  ])("%j", async (fields, message) => {
    const { engine } = setUp();
    expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 1, ...fields })).toThrow(message);
    await engine.dispose();
  });

  test("an option that does not exist is refused with the nearest that does", () => {
    expect(() => setUp({ max_requests: 5 } as never)).toThrow("; did you mean maxRequests?");
  });
});

describe("answers say", () => {
  test("which stop ended them, and what they cost", async () => {
    const { engine } = setUp({ tokenizer: byteTokenizer, stopTokenIds: [33] }, { tokenAfter: answering("?one, two!") });
    const submit = (more: object) => engine.submit({ promptTokenIds: [7], maxTokens: 50, ...more }).completion();
    const [byId, byText, byLength] = await Promise.all([
      submit({}),
      submit({ stop: [", t"] }),
      submit({ maxTokens: 3 }),
    ]);
    expect([byId.stop, byText.stop, byLength.stop]).toEqual([33, ", t", null]);
    expect(byId.usage).toEqual({
      promptTokens: 1,
      cachedTokens: 0,
      outputTokens: 10,
      draftedTokens: 0,
      acceptedTokens: 0,
    });
    await engine.dispose();
  });
});

describe("drain", () => {
  test("lets what was submitted end, and takes no more", async () => {
    const { engine } = setUp();
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 20 });
    const drained = engine.drain();
    expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 1 })).toThrow(DisposedError);
    await drained;
    expect((await stream.completion()).finishReason).toBe("length");
    await engine.drain();
    await engine.dispose();
  });
});
