import { describe, expect, test } from "vitest";
import type { LengthPredictor } from "../../src/policies/length-predictor.ts";
import { outputHistory } from "../../src/policies/output-history.ts";
import type { FinishReason, Request } from "../../src/request.ts";
import { produce } from "../../src/testing/policy-cases/policy-case.ts";
import { requestOf } from "../support/request-views.ts";

function requestWith({ prompt = 10, produced = 0, maxTokens = 500 }): Request {
  const request = requestOf(0, { promptTokenIds: new Int32Array(prompt), maxTokens });
  produce(request, produced);
  return request;
}

function teach(
  predictor: LengthPredictor,
  prompt: number,
  lengths: readonly number[],
  finishReason: FinishReason = "stop",
): void {
  for (const produced of lengths) {
    const request = requestWith({ prompt, produced });
    request.finishReason = finishReason;
    predictor.ended!(request);
  }
}

describe("outputHistory", () => {
  test("knows nothing at first: an answer may be as long as it is allowed to", () => {
    expect(outputHistory().predict(requestWith({ maxTokens: 70 }))).toBe(70);
  });

  test("is the mean of the answers that were longer than what there is", () => {
    const predictor = outputHistory();
    teach(predictor, 10, [10, 20, 60]);
    expect([0, 10, 15, 59].map((produced) => predictor.predict(requestWith({ produced })))).toEqual([30, 40, 40, 60]);
  });

  test("an answer longer than any before may be as long as it is allowed to, and none is longer than that", () => {
    const predictor = outputHistory();
    teach(predictor, 10, [10, 90]);
    expect(predictor.predict(requestWith({ produced: 90, maxTokens: 100 }))).toBe(100);
    expect(predictor.predict(requestWith({ maxTokens: 20 }))).toBe(20);
  });

  test("goes by prompts of about the same length once there are some", () => {
    const predictor = outputHistory();
    teach(
      predictor,
      10,
      Array.from({ length: 20 }, () => 100),
    );
    teach(
      predictor,
      300,
      Array.from({ length: 7 }, () => 10),
    );
    expect(predictor.predict(requestWith({ prompt: 260 }))).toBeCloseTo((20 * 100 + 7 * 10) / 27);
    teach(predictor, 511, [10]);
    expect([predictor.predict(requestWith({ prompt: 260 })), predictor.predict(requestWith({ prompt: 8 }))]).toEqual([
      10, 100,
    ]);
  });

  test.each(["abort", "error"] as const)("does not learn from an %s", (reason) => {
    const predictor = outputHistory();
    teach(predictor, 10, [1, 2, 3], reason);
    expect(predictor.predict(requestWith({ maxTokens: 70 }))).toBe(70);
  });
});
