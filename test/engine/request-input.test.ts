import { expect, test } from "vitest";
import { InvalidRequestError } from "../../src/errors.ts";
import { requestInputOf } from "../../src/engine/request-input.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

const options = { backend: new ScriptedBackend(), stopTokenIds: [9] };

test("has the scheduler's fields alone, the engine's stop ids and a seed", () => {
  const request = { promptTokenIds: [1], maxTokens: 5, stop: [], skipSpecialTokens: true, stopTokenIds: [7] };
  const input = requestInputOf(3, request, options);
  expect(Object.keys(input).toSorted()).toEqual([
    "id",
    "mask",
    "maxTokens",
    "promptTokenIds",
    "sampling",
    "stopTokenIds",
  ]);
  expect(input).toMatchObject({ id: 3, stopTokenIds: [9, 7], sampling: { seed: expect.any(Number) as number } });
});

test("names a field that does not exist", () => {
  expect(() => requestInputOf(3, { promptTokenIds: [1], maxTokens: 5, topP: 1 } as never, options)).toThrow(
    new InvalidRequestError('a request has no field "topP"; did you mean stop?'),
  );
});
