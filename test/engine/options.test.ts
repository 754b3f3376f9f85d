import { describe, expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { assertWithin, type EngineOptions } from "../../src/engine/options.ts";
import { InvalidOptionError } from "../../src/errors.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

const backend = new ScriptedBackend({ info: { blockCount: 64, blockSize: 4, maxTokens: 32, maxRequests: 8, contextLength: 200 } });

describe("assertWithin", () => {
  test.each<[Partial<EngineOptions>, string]>([
    [{ blockCount: 65 }, "blockCount is 65, backend scripted takes 64 at most"],
    [{ maxRequests: 9 }, "maxRequests is 9, backend scripted takes 8 at most"],
    [{ tokenBudget: 33 }, "tokenBudget is 33, backend scripted takes 32 at most"],
    [{ budget: fixed(33) }, "tokenBudget is 33, backend scripted takes 32 at most"],
    [{ tokenBudget: 1, budget: fixed(40) }, "tokenBudget is 40, backend scripted takes 32 at most"],
    [{ contextLength: 201 }, "contextLength is 201, backend scripted takes 200 at most"],
    [{ blockSize: 8 }, "blockSize is 8, backend scripted was made with 4"],
  ])("refuses %o", (options, message) => {
    expect(() => assertWithin({ backend, ...options }, backend.info)).toThrow(new InvalidOptionError(message));
    expect(() => new Engine({ backend, ...options })).toThrow(new InvalidOptionError(message));
  });

  test("takes the limits themselves, and less", () => {
    assertWithin({ backend, blockCount: 64, maxRequests: 8, tokenBudget: 32, contextLength: 200, blockSize: 4 }, backend.info);
    assertWithin({ backend, blockCount: 1, maxRequests: 1, tokenBudget: 1, contextLength: 1 }, backend.info);
    expect(() => assertWithin({ backend }, backend.info)).not.toThrow();
  });
});

test("an engine takes the backend's limits where none are given", () => {
  const { scheduler } = new Engine({ backend });
  expect([scheduler.kv.pool.blockCount, scheduler.kv.blockSize, scheduler.tokenBudget]).toEqual([64, 4, 32]);
});

test("an engine refuses options that no scheduler takes", () => {
  expect(() => new Engine({ backend, maxRequests: 0 })).toThrow(new InvalidOptionError("maxRequests must be an integer >= 1, got 0"));
  expect(() => new Engine({ backend, blockCount: 0 })).toThrow(InvalidOptionError);
});
