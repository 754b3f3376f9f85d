import { describe, expect, test } from "vitest";
import { InvalidRequestError } from "../src/errors.ts";
import { GREEDY, resolveSampling, type SamplingParams } from "../src/sampling-params.ts";

describe("resolveSampling", () => {
  test("is greedy by default, and an absent field is one that is not there", () => {
    expect(resolveSampling(undefined)).toEqual(GREEDY);
    expect(resolveSampling({ temperature: undefined, topK: undefined })).toEqual(GREEDY);
    expect(Object.isFrozen(GREEDY)).toBe(true);
  });

  test.each<Partial<SamplingParams>>([
    { temperature: 0 },
    { temperature: 1e-30 },
    { temperature: 1e30 },
    { topK: 0 },
    { topK: 2 ** 31 - 1 },
    { topP: Number.MIN_VALUE },
    { topP: 1 },
    { minP: 0 },
    { minP: 1 },
    { seed: 0 },
    { seed: Number.MAX_SAFE_INTEGER },
    { logprobs: -1 },
    { logprobs: 20 },
    { repetitionPenalty: 0.01, presencePenalty: -2, frequencyPenalty: 2, minTokens: 7 },
    { logitBias: { 5: -100, 6: Number.NEGATIVE_INFINITY }, badTokenIds: [0, 7] },
  ])("takes the bound %o", (params) => expect(resolveSampling(params)).toEqual({ ...GREEDY, ...params }));

  test.each<[keyof SamplingParams, unknown, string]>([
    ["temperature", -0.1, "a finite number >= 0"],
    ["temperature", Number.NaN, "a finite number >= 0"],
    ["temperature", Number.POSITIVE_INFINITY, "a finite number >= 0"],
    ["temperature", "1", "a finite number >= 0"],
    ["temperature", null, "a finite number >= 0"],
    ["topK", -1, "an integer >= 0 (0 keeps all)"],
    ["topK", 1.5, "an integer >= 0 (0 keeps all)"],
    ["topK", 2 ** 31, "an integer >= 0 (0 keeps all)"],
    ["topP", 0, "in (0, 1]"],
    ["topP", 1.01, "in (0, 1]"],
    ["topP", Number.NaN, "in (0, 1]"],
    ["minP", -0.01, "in [0, 1]"],
    ["minP", 1.01, "in [0, 1]"],
    ["minP", Number.NaN, "in [0, 1]"],
    ["seed", -1, "an integer in [0, 2^53)"],
    ["seed", 0.5, "an integer in [0, 2^53)"],
    ["seed", 2 ** 53, "an integer in [0, 2^53)"],
    ["logprobs", -2, "an integer in [-1, 20]"],
    ["logprobs", 21, "an integer in [-1, 20]"],
    ["logprobs", 0.5, "an integer in [-1, 20]"],
    ["repetitionPenalty", 0, "a finite number above 0"],
    ["repetitionPenalty", 1e-50, "a finite number above 0"],
    ["repetitionPenalty", "1", "a finite number above 0"],
    ["presencePenalty", Number.NaN, "a finite number"],
    ["frequencyPenalty", Number.POSITIVE_INFINITY, "a finite number"],
    ["minTokens", -1, "an integer >= 0"],
    ["badTokenIds", 5, "an array of token ids"],
    ["logitBias", [1], "an object of numbers by token id"],
    ["logitBias", null, "an object of numbers by token id"],
  ])("refuses %s of %s", (field, value, allowed) => {
    expect(() => resolveSampling({ [field]: value })).toThrow(
      new InvalidRequestError(`${field} must be ${allowed}, got ${String(value)}`),
    );
  });

  test.each<[object, string]>([
    [{ badTokenIds: [1, -1] }, "badTokenIds[1] must be an integer >= 0, got -1"],
    [
      { badTokenIds: Array.from({ length: 4097 }, (_, i) => i) },
      "badTokenIds must be an array of 4096 ids at most, got 4097 ids",
    ],
    [{ logitBias: { hello: 1 } }, "logitBias must be by token ids, got hello"],
    [{ logitBias: { 5: Number.NaN } }, "logitBias[5] must be a finite number or -Infinity, got NaN"],
    [{ top_p: 0.5 }, 'sampling has no field "top_p"; did you mean topP?'],
    [{ max_tokens: 5 }, 'sampling has no field "max_tokens"; did you mean minTokens?'],
    [{ repetition: 1 }, 'sampling has no field "repetition"; did you mean'],
  ])("refuses what %# holds", (params, message) => expect(() => resolveSampling(params)).toThrow(message));

  test("keeps copies of lists", () => {
    const params = { badTokenIds: [1], logitBias: { 5: 1 } };
    const resolved = resolveSampling(params);
    params.badTokenIds.push(2);
    params.logitBias[5] = 9;
    expect([resolved.badTokenIds, resolved.logitBias]).toEqual([[1], { 5: 1 }]);
  });
});
