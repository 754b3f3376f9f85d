import { expect, test } from "vitest";
import { harmless, jsonLine, textBlock } from "../../../src/cli/generate/format.ts";
import type { Result } from "../../../src/cli/generate/results.ts";
import { InfeasibleRequestError } from "../../../src/errors.ts";

const result: Result = {
  prompt: { id: "a", text: "Once", sampling: {} },
  promptTokenIds: [1, 5],
  tokenIds: [7, 2],
  text: ' upon "a"\n',
  finishReason: "stop",
  error: null,
};
const failed: Result = {
  ...result,
  tokenIds: [],
  text: "",
  finishReason: "error",
  error: new InfeasibleRequestError("too long:\n 9 blocks"),
};

test("a JSON line has the keys that others rely on, in this order", () => {
  const line = jsonLine(result);
  expect(line.endsWith("}\n")).toBe(true);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(Object.entries(JSON.parse(line) as object)).toEqual([
    ["id", "a"],
    ["prompt", "Once"],
    ["promptTokenIds", [1, 5]],
    ["tokenIds", [7, 2]],
    ["text", ' upon "a"\n'],
    ["finishReason", "stop"],
  ]);
});

test("log probabilities stand beside each token", () => {
  const logprobs = [
    { logprob: -0.5, top: [{ tokenId: 7, logprob: -0.5 }] },
    { logprob: -1, top: [] },
  ];
  const promptLogprobs = [null];
  expect(JSON.parse(jsonLine({ ...result, promptLogprobs }))).toMatchObject({ promptLogprobs });
  expect(JSON.parse(jsonLine({ ...result, logprobs }))).toMatchObject({
    tokenIds: [7, 2],
    logprobs: [
      { id: 7, logprob: -0.5, top: [{ id: 7, logprob: -0.5 }] },
      { id: 2, logprob: -1, top: [] },
    ],
  });
});

test("an error has its code and message", () => {
  expect(JSON.parse(jsonLine(failed))).toMatchObject({
    finishReason: "error",
    error: { code: "infeasible_request", message: "too long: 9 blocks" },
  });
  expect(JSON.parse(jsonLine({ ...failed, error: new Error("x") }))).toMatchObject({
    error: { code: "unexpected", message: "x" },
  });
});

test("a block is a heading, the prompt and its continuation", () => {
  expect(textBlock(result)).toBe('── a · 2 tokens · stop\nOnce upon "a"\n\n\n');
  expect(textBlock(failed)).toBe("── a · 0 tokens · error\nOnce\n(too long: 9 blocks)\n\n");
});

test("a terminal gets no control characters but tabs and line breaks", () => {
  expect(harmless("a\u001b[2Jb\r\u0007\u009b\tc\nd é 世")).toBe("a\ufffd[2Jb\ufffd\ufffd\ufffd\tc\nd é 世");
});
