import { describe, expect, test } from "vitest";
import { InvalidRequestError } from "../src/errors.ts";
import { Request, TRANSITIONS, type RequestInput, type RequestState } from "../src/request.ts";
import { GREEDY } from "../src/sampling-params.ts";

const input: RequestInput = { id: "a", promptTokenIds: [5, 6, 7], maxTokens: 4 };

function make(changes: Partial<RequestInput> = {}, contextLength = 100): Request {
  return new Request({ ...input, ...changes }, { contextLength, order: 3, now: 10 });
}

function refuses(changes: object, message: string): void {
  expect(() => make(changes as Partial<RequestInput>)).toThrow(new InvalidRequestError(message));
}

describe("Request", () => {
  test("keeps a retention hint, a copy, and refuses one out of range", () => {
    const retention = { priority: 100, duration: 0 };
    const request = make({ retention });
    retention.priority = 5;
    expect([request.retention, make().retention]).toEqual([{ priority: 100, duration: 0 }, null]);
    refuses({ retention: { priority: 101, duration: 1 } }, "retention.priority must be in [0, 100], got 101");
    refuses({ retention: { priority: -1, duration: 1 } }, "retention.priority must be in [0, 100], got -1");
    refuses({ retention: { priority: Number.NaN, duration: 1 } }, "retention.priority must be in [0, 100], got NaN");
    refuses({ retention: { priority: 1, duration: -1 } }, "retention.duration must be a finite number >= 0, got -1");
    refuses(
      { retention: { priority: 1, duration: Number.POSITIVE_INFINITY } },
      "retention.duration must be a finite number >= 0, got Infinity",
    );
    refuses({ retention: { priority: 1 } }, "retention.duration must be a finite number >= 0, got undefined");
    refuses({ retention: null }, "retention must be a priority and a duration, got null");
  });

  test("has defaults for all that is not given", () => {
    const request = make();
    expect(request).toMatchObject({
      id: "a",
      order: 3,
      arrival: 10,
      state: "waiting",
      promptTokenCount: 3,
      tokenCount: 3,
      maxLength: 7,
    });
    expect(request).toMatchObject({
      priority: 0,
      adapterId: 0,
      cacheSalt: "",
      client: "",
      cacheable: true,
      deadline: Number.POSITIVE_INFINITY,
      stopTokenIds: [],
    });
    expect(request).toMatchObject({
      sampling: GREEDY,
      finishReason: null,
      error: null,
      outputTokenCount: 0,
      computedTokenCount: 0,
    });
  });

  test("keeps what is given", () => {
    const given = {
      priority: -2.5,
      adapterId: 7,
      cacheSalt: "s",
      client: "c",
      deadline: 11,
      stopTokenIds: [1, 2],
      sampling: { temperature: 0.5, seed: 9 },
    };
    const { sampling, ...rest } = given;
    const request = make({ ...given, skipPrefixCache: true });
    expect(request).toMatchObject({ ...rest, cacheable: false });
    expect(request.sampling).toEqual({ ...GREEDY, ...sampling });
  });

  test("copies the prompt", () => {
    const promptTokenIds = [1, 2];
    const request = make({ promptTokenIds });
    promptTokenIds[0] = 9;
    expect([...request.tokens.subarray(0, request.tokenCount)]).toEqual([1, 2]);
    expect([...make({ promptTokenIds: new Uint16Array([3, 65535]) }).tokens.subarray(0, 2)]).toEqual([3, 65535]);
  });

  test("copies the ids that end it", () => {
    const stopTokenIds = [1, 2];
    const request = make({ stopTokenIds });
    stopTokenIds[0] = 9;
    expect(request.stopTokenIds).toEqual([1, 2]);
  });

  test("is as long as its prompt and answer, or as the context", () => {
    expect(make({ maxTokens: 97 }).maxLength).toBe(100);
    expect(make({ maxTokens: 98 }).maxLength).toBe(100);
    expect(make({ maxTokens: Number.MAX_SAFE_INTEGER }).maxLength).toBe(100);
  });

  test("tells produced tokens from the prompt's, as a copy", () => {
    const request = make();
    request.tokens = new Int32Array([5, 6, 7, 8, 9, 0, 0]);
    request.tokenCount = 5;
    const produced = request.outputTokenIds();
    expect([request.outputTokenCount, produced]).toEqual([2, [8, 9]]);
    produced[0] = 1;
    expect(request.tokens[3]).toBe(8);
  });

  test.each<[object, string]>([
    [{ promptTokenIds: [] }, "promptTokenIds must be at least one token id, got none"],
    [{ promptTokenIds: null }, "promptTokenIds must be an array of token ids, got null"],
    [{ promptTokenIds: undefined }, "promptTokenIds must be an array of token ids, got undefined"],
    [{ promptTokenIds: "12" }, "promptTokenIds must be an array of token ids, got 12"],
    [{ promptTokenIds: [1, -1] }, "promptTokenIds[1] must be an integer >= 0, got -1"],
    [{ promptTokenIds: [1.5] }, "promptTokenIds[0] must be an integer >= 0, got 1.5"],
    [{ promptTokenIds: [2 ** 31] }, "promptTokenIds[0] must be an integer >= 0, got 2147483648"],
    [{ promptTokenIds: [1, 2, Number.NaN] }, "promptTokenIds[2] must be an integer >= 0, got NaN"],
    [{ promptTokenIds: ["1"] }, "promptTokenIds[0] must be an integer >= 0, got 1"],
    [{ promptTokenIds: [1, , 2] }, "promptTokenIds[1] must be an integer >= 0, got undefined"],
    [{ stopTokenIds: null }, "stopTokenIds must be an array of token ids, got null"],
    [{ stopTokenIds: [1, 0.5] }, "stopTokenIds[1] must be an integer >= 0, got 0.5"],
    [{ stopTokenIds: ["</s>"] }, "stopTokenIds[0] must be an integer >= 0, got </s>"],
    [{ cacheSalt: {} }, "cacheSalt must be text, got [object Object]"],
    [{ client: 7 }, "client must be text, got 7"],
    [{ maxTokens: 0 }, "maxTokens must be an integer >= 1, got 0"],
    [{ maxTokens: -1 }, "maxTokens must be an integer >= 1, got -1"],
    [{ maxTokens: 1.5 }, "maxTokens must be an integer >= 1, got 1.5"],
    [{ maxTokens: Number.POSITIVE_INFINITY }, "maxTokens must be an integer >= 1, got Infinity"],
    [{ maxTokens: undefined }, "maxTokens must be an integer >= 1, got undefined"],
    [{ priority: Number.NaN }, "priority must be a finite number, got NaN"],
    [{ priority: Number.POSITIVE_INFINITY }, "priority must be a finite number, got Infinity"],
    [{ adapterId: -1 }, "adapterId must be an integer >= 0, got -1"],
    [{ adapterId: 0.5 }, "adapterId must be an integer >= 0, got 0.5"],
    [{ deadline: 10 }, "deadline must be after the time of submission, 10, got 10"],
    [{ deadline: Number.NaN }, "deadline must be after the time of submission, 10, got NaN"],
  ])("refuses %o", refuses);

  test("refuses what cannot be sampled", () => refuses({ sampling: { topP: 0 } }, "topP must be in (0, 1], got 0"));
});

describe("states", () => {
  const states = Object.keys(TRANSITIONS) as RequestState[];
  /** How each state is reached from the first. */
  const paths: Record<RequestState, readonly RequestState[]> = {
    waiting: [],
    running: ["running"],
    preempted: ["running", "preempted"],
    paused: ["paused"],
    finished: ["finished"],
  };
  const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));

  test.each(pairs)("%s -> %s is taken or refused as the table says", (from, to) => {
    const request = make();
    for (const state of paths[from]) request.become(state);
    if (TRANSITIONS[from].includes(to)) {
      request.become(to);
      expect(request.state).toBe(to);
    } else {
      expect(() => request.become(to)).toThrow(`request a: ${from} -> ${to} is not a transition`);
      expect(request.state).toBe(from);
    }
  });

  test("nothing follows the end, and every other state leads to it", () => {
    expect(TRANSITIONS.finished).toEqual([]);
    for (const state of states) if (state !== "finished") expect(TRANSITIONS[state]).toContain("finished");
  });
});
