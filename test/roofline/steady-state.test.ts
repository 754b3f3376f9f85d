import { describe, expect, test } from "vitest";
import { gpuNamed, modelNamed, steadyState, StepTime } from "../../src/roofline/index.ts";

const shape = modelNamed("llama-7b");
const time = new StepTime({ gpu: gpuNamed("a100-80gb"), shape });

describe("steadyState", () => {
  test("a step carries a decode of each and the prompts of those that arrive", () => {
    const state = steadyState(time, shape, { promptTokens: 200, outputTokens: 50 }, 10);
    expect(state.stepTokens).toBeCloseTo(10 + (10 / 50) * 200, 9);
    expect(state.outputTokensPerSecond).toBeCloseTo(10 / state.stepSeconds, 9);
    expect(state.requestsPerSecond).toBeCloseTo(state.outputTokensPerSecond / 50, 9);
  });

  test("the rate grows with the batch, and so does the time between tokens", () => {
    const states = [1, 2, 8, 32, 128].map((batch) =>
      steadyState(time, shape, { promptTokens: 100, outputTokens: 100 }, batch),
    );
    for (let i = 1; i < states.length; i++) {
      expect(states[i].requestsPerSecond).toBeGreaterThan(states[i - 1].requestsPerSecond);
      expect(states[i].stepSeconds).toBeGreaterThan(states[i - 1].stepSeconds);
    }
  });

  test("direction: grouped queries give Mistral-7B more throughput than Llama-7B where contexts are long", () => {
    const mistral = modelNamed("mistral-7b");
    const size = { promptTokens: 1000, outputTokens: 500 };
    const gqa = steadyState(new StepTime({ gpu: gpuNamed("a100-80gb"), shape: mistral }), mistral, size, 64);
    expect(gqa.requestsPerSecond / steadyState(time, shape, size, 64).requestsPerSecond).toBeGreaterThan(1.3);
  });
});
