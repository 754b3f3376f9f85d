import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import type { ResponseFormat } from "../../src/response-format.ts";
import type { Choice } from "../../src/engine/token-stream.ts";
import { ConstraintError, InvalidRequestError } from "../../src/errors.ts";
import { grammars } from "../../src/grammar/index.ts";
import { promptLookup } from "../../src/policies/drafting/prompt-lookup.ts";
import { randomModel } from "../../src/testing/random-model.ts";
import { schemas } from "../support/constraints/schemas.ts";
import { byteTokenizer } from "../support/scripted-backend.ts";
import { soakCount } from "../support/soak.ts";

const STOP = 256;
const VOCABULARY = 257;
const tokenizer = { ...byteTokenizer, vocabSize: VOCABULARY };
const masks = grammars({ tokenizer, vocabSize: VOCABULARY, whiteSpace: false });
const model = randomModel(3, { vocabSize: VOCABULARY, contextLength: 256 });
const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true });
addFormats.default(ajv);

function engineOf(options: Partial<EngineOptions> = {}): Engine {
  const { blockCount = 120 } = options;
  const backend = createReferenceBackend({ model, blockCount, blockSize: 4, maxTokens: 64, maxRequests: 6 });
  return new Engine({ backend, tokenizer, grammars: masks, stopTokenIds: [STOP], ...options });
}

const prompt = [72, 101, 108, 108, 111];

/** Answers to a format, one a seed, all at once. */
async function answers(engine: Engine, format: ResponseFormat, seeds: readonly number[]): Promise<readonly Choice[]> {
  const streams = seeds.map((seed) =>
    engine.submit({
      promptTokenIds: prompt,
      maxTokens: 120,
      sampling: { temperature: 1, seed, logitBias: { 34: 4, 93: 3, 125: 5, 256: 5 } },
      responseFormat: format,
    }),
  );
  return Promise.all(streams.map((stream) => stream.completion()));
}

describe("an answer with a response format", () => {
  test("that ends by stop is accepted by an independent validator", async () => {
    let stops = 0;
    const engine = engineOf();
    await fc.assert(
      fc.asyncProperty(schemas, fc.nat(), async (schema, seed) => {
        try {
          const given = await answers(engine, { type: "json_schema", schema }, [seed]);
          const valid = ajv.compile(schema as object);
          for (const { finishReason, text, error } of given) {
            expect(error).toBeNull();
            if (finishReason !== "stop") continue;
            stops++;
            if (!valid(JSON.parse(text))) throw new Error(`${text} is not valid under ${JSON.stringify(schema)}`);
          }
        } catch (error) {
          if (!(error instanceof ConstraintError)) throw error;
        }
      }),
      { numRuns: soakCount(12) },
    );
    expect(stops).toBeGreaterThan(0);
    await engine.dispose();
  });

  test("is the same under speculation, preemption and whatever runs beside it", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string", maxLength: 5 },
        kind: { enum: ["first", "second"] },
        count: { type: "integer", minimum: 1, maximum: 40 },
      },
      required: ["name", "kind", "count"],
      additionalProperties: false,
    };
    const format: ResponseFormat = { type: "json_schema", schema };
    const alone: Choice[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const engine = engineOf();
      alone.push(...(await answers(engine, format, [seed])));
      await engine.dispose();
    }
    for (const options of [{}, { drafter: promptLookup() }, { blockCount: 32 }]) {
      const engine = engineOf(options);
      const mates = [0, 1].map((seed) =>
        engine.submit({ promptTokenIds: [80 + seed], maxTokens: 60, sampling: { repetitionPenalty: 1.5 } }),
      );
      const together = await answers(engine, format, [1, 2, 3, 4]);
      expect(together.map(({ tokenIds }) => tokenIds)).toEqual(alone.map(({ tokenIds }) => tokenIds));
      for (const { usage, text, stop } of together) {
        if (stop !== null) expect(schema.properties.kind.enum).toContain((JSON.parse(text) as { kind: string }).kind);
        // Names and braces are guessed, and the guesses are right: one step for several tokens.
        expect(usage.acceptedTokens).toBeGreaterThan(10);
        expect(usage.outputTokens).toBeGreaterThan(usage.acceptedTokens);
      }
      if ("blockCount" in options) expect(engine.stats().preemptions).toBeGreaterThan(0);
      await Promise.all(mates.map((mate) => mate.completion()));
      await engine.dispose();
    }
  });

  test.each<[ResponseFormat, RegExp]>([
    [{ type: "regex", pattern: "[ab]{2,4}-\\d" }, /^[ab]{2,4}-\d$/],
    [{ type: "choice", choices: ["yes", "no", "maybe"] }, /^(yes|no|maybe)$/],
    [{ type: "grammar", grammar: 'root ::= "<" [x-z]+ ">"' }, /^<[x-z]+>$/],
  ])("of %j matches it, and each of several does", async (format, pattern) => {
    const engine = engineOf();
    const stream = engine.submit({
      promptTokenIds: prompt,
      maxTokens: 100,
      n: 3,
      sampling: { temperature: 2, seed: 5, logitBias: { 62: 5 } },
      responseFormat: format,
    });
    const { choices } = await stream.completion();
    for (const { text, finishReason, stop } of choices) {
      if (finishReason === "stop") expect([text, stop]).toEqual([expect.stringMatching(pattern), STOP]);
    }
    expect(choices.filter(({ finishReason }) => finishReason === "stop").length).toBeGreaterThan(0);
    await engine.dispose();
  });

  test("ends where the format ends and no stop id may say so", async () => {
    const engine = engineOf({ stopTokenIds: [] });
    const format: ResponseFormat = { type: "choice", choices: ["yes", "no"] };
    const { text, finishReason, stop } = await engine
      .submit({ promptTokenIds: prompt, maxTokens: 50, responseFormat: format })
      .completion();
    expect([["yes", "no"].includes(text), finishReason, stop]).toEqual([true, "stop", null]);
    await engine.dispose();
  });

  test("is refused by name where it cannot be had", async () => {
    const engine = engineOf();
    const submit = (responseFormat: unknown, more: object = {}) =>
      engine.submit({
        promptTokenIds: prompt,
        maxTokens: 5,
        responseFormat: responseFormat as ResponseFormat,
        ...more,
      });
    expect(() => submit({ type: "json_schema", schema: { not: {} } })).toThrow(ConstraintError);
    expect(() => submit({ type: "xml" })).toThrow("responseFormat.type must be text, json_object");
    expect(() => submit({ type: "regex", pattern: 5 })).toThrow("responseFormat.pattern must be text, got 5");
    expect(() => submit({ type: "choice", choices: [] })).toThrow("responseFormat.choices must be an array of texts");
    expect(() => submit("json")).toThrow(InvalidRequestError);
    expect(() => submit({ type: "json_object" }, { mask: masks.mask({ type: "json_object" }, []) })).toThrow("exclude");
    const without = engineOf({ grammars: undefined });
    expect(() =>
      without.submit({ promptTokenIds: prompt, maxTokens: 5, responseFormat: { type: "json_object" } }),
    ).toThrow("responseFormat needs an engine with grammars");
    expect(engine.stats().submitted).toBe(0);
    await engine.dispose();
    await without.dispose();
  });
});
