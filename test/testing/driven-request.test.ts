import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { Sequence } from "../../src/scheduler/sequence.ts";
import { nextToken } from "../../src/testing/context-device.ts";
import { answerOf, DrivenRequest } from "../../src/testing/driven-request.ts";

const prompt = [1, 2, 3];

function driven(maxTokens = 3): DrivenRequest {
  const input = { id: "a", promptTokenIds: prompt, maxTokens };
  return new DrivenRequest(input, new Sequence(input, { contextLength: 100, order: 0, now: 0 }), null);
}

function finish(request: DrivenRequest, reason: "length" | "abort"): void {
  request.entry.finishReason = reason;
  request.end();
}

describe("answerOf", () => {
  const answer = answerOf(prompt, 6, null);

  test("is token after token what the context gives", () => {
    const first = nextToken(prompt);
    expect(answer).toEqual({ tokenIds: [first, nextToken([...prompt, first]), expect.any(Number)], reason: "length" });
  });

  test("ends with the first stop id", () => {
    expect(answerOf(prompt, 6, null, [answer.tokenIds[1]])).toEqual({
      tokenIds: answer.tokenIds.slice(0, 2),
      reason: "stop",
    });
  });

  test("sees only the window", () => {
    expect(answerOf([9, 9, 3], 6, 1).tokenIds).toEqual(answerOf([1, 2, 3], 6, 1).tokenIds);
    expect(answerOf([9, 9, 3], 6, 2).tokenIds).not.toEqual(answerOf([1, 2, 3], 6, 2).tokenIds);
  });
});

describe("DrivenRequest", () => {
  test("takes the right tokens, and then its end", () => {
    const request = driven();
    for (const id of request.answer.tokenIds) request.receive(id);
    expect([request.delivered, request.knownCount, request.tokenAt(2), request.tokenAt(3)]).toEqual([
      3,
      6,
      3,
      request.answer.tokenIds[0],
    ]);
    expect(() => request.receive(1)).toThrow(AssertionError);
  });

  test("finds a wrong token, one too many, an early end and a second one", () => {
    const request = driven();
    const [first] = request.answer.tokenIds;
    expect(() => request.receive(first + 1)).toThrow(
      `request a got ${first + 1} as token 0, its context gives ${first}`,
    );
    const early = driven();
    finish(early, "length");
    expect(() => early.checkEnd()).toThrow("request a ended by length after 0 of 3 tokens");
    expect(() => early.end()).toThrow("request a ended twice: length, then length");
    expect(() => driven().end()).toThrow("request a ended without a reason");
  });

  test("an end that the drive asked for is right, its tokens still have to be the request's", () => {
    const request = driven();
    request.allowedEnds.add("abort");
    finish(request, "abort");
    expect(() => request.checkEnd()).not.toThrow();
    request.delivered = 1;
    expect(() => request.checkEnd()).toThrow("request a has 0 tokens, 1 were delivered");
  });

  test("an error's end has an error, and no other has", () => {
    const request = driven();
    request.allowedEnds.add("abort");
    request.entry.error = new Error("x");
    finish(request, "abort");
    expect(() => request.checkEnd()).toThrow("request a ended by abort with Error: x");
  });
});
