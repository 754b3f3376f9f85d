import { expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { InvalidOptionError } from "../../src/errors.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

const make = (options: Record<string, unknown>): Engine => new Engine({ backend: new ScriptedBackend(), ...options });

test.each<Record<string, unknown>>([
  { maxRequest: 4 },
  { onEnd: () => {} },
  { groups: [{ window: 8 }] },
  { constructor: 1 },
])("an option that does not exist is refused: %o", (options) => {
  expect(() => make(options)).toThrow(InvalidOptionError);
  expect(() => make(options)).toThrow(`unknown option "${Object.keys(options)[0]}"; known: `);
});

test.each(["recover", "clock", "timer", "onStep", "onCalibrated", "onKvEvent", "worthSwapping", "hash"])(
  "%s must be a function",
  (name) => {
    for (const value of [null, 5]) {
      expect(() => make({ [name]: value })).toThrow(new InvalidOptionError(`${name} must be a function, got ${value}`));
    }
    for (const value of ["now", {}, []]) expect(() => make({ [name]: value })).toThrow(InvalidOptionError);
  },
);

test.each<[Record<string, unknown>, string]>([
  [{ backend: null }, "backend must be an object, got null"],
  [{ backend: undefined }, "backend must be a backend, got undefined"],
  [{ backend: {} }, "backend has no method execute"],
  [{ backend: Promise.resolve(new ScriptedBackend()) }, "backend is a promise: await it first"],
  [{ tokenizer: 5 }, "tokenizer must be an object, got 5"],
  [{ tokenizer: {} }, "tokenizer has no method encode"],
  [{ chat: "template" }, 'chat must be an object, got "template"'],
  [{ decisionLog: {} }, "decisionLog has no method note"],
  [{ stopTokenIds: 2 }, "stopTokenIds must be an array of token ids, got 2"],
  [{ stopTokenIds: "12" }, 'stopTokenIds must be an array of token ids, got "12"'],
  [{ stopTokenIds: [2, Number.NaN] }, "stopTokenIds[1] must be an integer >= 0, got NaN"],
  [{ stopTokenIds: [-1] }, "stopTokenIds[0] must be an integer >= 0, got -1"],
])("an option that holds something else is named: %o", (options, message) => {
  expect(() => make(options)).toThrow(new InvalidOptionError(message));
});

test("an option that is undefined is not given", async () => {
  const names = [
    "tokenizer",
    "chat",
    "decisionLog",
    "stopTokenIds",
    "recover",
    "clock",
    "timer",
    "onStep",
    "onKvEvent",
    "hash",
    "worthSwapping",
    "queue",
    "budget",
    "blockCount",
    "maxAdapters",
  ];
  const engine = make(Object.fromEntries(names.map((name) => [name, undefined])));
  const { tokenIds } = await engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 5 }).completion();
  expect(tokenIds).toHaveLength(5);
  await engine.dispose();
});
