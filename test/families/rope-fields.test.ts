import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { Fields } from "../../src/families/fields.ts";
import { readRope } from "../../src/families/rope-fields.ts";
import type { RopeConfig } from "../../src/rope.ts";

const parse = (object: Record<string, unknown>): RopeConfig =>
  readRope(new Fields(object, "config.json"), { headDim: 8, contextLength: 4096 });

/** Of Llama 3.1's config.json. */
const LLAMA3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};
const YARN = {
  kind: "yarn",
  factor: 4,
  originalContextLength: 1024,
  betaFast: 32,
  betaSlow: 1,
  magnitude: 0.1 * Math.log(4) + 1,
  truncated: true,
};
const LONGROPE = { type: "longrope", short_factor: [1, 1, 2, 3], long_factor: [4, 5, 6, 7] };
const LLAMA3_SCALING = {
  kind: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 8192,
};

test.each<[string, Record<string, unknown>, unknown]>([
  ["nothing", {}, { theta: 10_000, scaling: null }],
  ["only theta", { rope_theta: 5e5 }, { theta: 5e5, scaling: null }],
  ["null", { rope_theta: 5e5, rope_scaling: null }, { theta: 5e5, scaling: null }],
  ["default", { rope_scaling: { rope_type: "default" } }, { theta: 10_000, scaling: null }],
  [
    "linear by its old key",
    { rope_scaling: { type: "linear", factor: 2 } },
    { theta: 10_000, scaling: { kind: "linear", factor: 2 } },
  ],
  [
    "the new key before the old one",
    { rope_scaling: { type: "yarn", rope_type: "linear", factor: 2.5 } },
    { theta: 10_000, scaling: { kind: "linear", factor: 2.5 } },
  ],
  ["llama3", { rope_theta: 5e5, rope_scaling: LLAMA3 }, { theta: 5e5, scaling: LLAMA3_SCALING }],
  ["rope_parameters", { rope_parameters: { rope_type: "default", rope_theta: 1e6 } }, { theta: 1e6, scaling: null }],
  ["rope_parameters without a type", { rope_parameters: { rope_theta: 1e6 } }, { theta: 1e6, scaling: null }],
  [
    "rope_parameters without theta",
    { rope_theta: 7, rope_parameters: { rope_type: "default" } },
    { theta: 7, scaling: null },
  ],
  [
    "rope_parameters before the others",
    { rope_theta: 7, rope_scaling: { type: "yarn" }, rope_parameters: { ...LLAMA3, rope_theta: 5e5 } },
    { theta: 5e5, scaling: LLAMA3_SCALING },
  ],
  [
    "yarn",
    { rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 1024 } },
    { theta: 10_000, scaling: YARN },
  ],
  [
    "yarn with what it leaves out",
    { rope_scaling: { type: "yarn", factor: 4, beta_fast: 16, beta_slow: 2, attention_factor: 1.5, truncate: false } },
    {
      theta: 10_000,
      scaling: { ...YARN, originalContextLength: 4096, betaFast: 16, betaSlow: 2, magnitude: 1.5, truncated: false },
    },
  ],
  ["half a head turned", { partial_rotary_factor: 0.5 }, { theta: 10_000, dimensions: 4, scaling: null }],
  [
    "longrope beyond the original context",
    { original_max_position_embeddings: 1024, rope_scaling: LONGROPE },
    {
      theta: 10_000,
      scaling: { kind: "divisors", divisors: [4, 5, 6, 7], magnitude: Math.sqrt(1 + Math.log(4) / Math.log(1024)) },
    },
  ],
  [
    "longrope within it",
    { original_max_position_embeddings: 4096, rope_scaling: LONGROPE },
    { theta: 10_000, scaling: { kind: "divisors", divisors: [1, 1, 2, 3], magnitude: 1 } },
  ],
  [
    "a whole head turned",
    { rope_scaling: { rope_type: "default", partial_rotary_factor: 1 } },
    { theta: 10_000, scaling: null },
  ],
])("reads %s", (_, object, rope) => expect(parse(object)).toEqual({ dimensions: 8, ...(rope as object) }));

describe("refuses", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ rope_theta: 0 }, "rope_theta must be a positive number, got 0"],
    [{ rope_theta: "10000" }, 'rope_theta must be a positive number, got "10000"'],
    [{ rope_scaling: "linear" }, 'rope_scaling must be an object or null, got "linear"'],
    [{ rope_parameters: [] }, "rope_parameters must be an object or null, got []"],
    [{ rope_scaling: { factor: 2 } }, "rope_scaling.type must be a string, it is missing"],
    [{ rope_scaling: { type: "linear" } }, "rope_scaling.factor must be a positive number, it is missing"],
    [{ rope_scaling: { type: "linear", factor: 0.5 } }, "rope_scaling.factor must be at least 1, got 0.5"],
    [
      { rope_scaling: { ...LLAMA3, low_freq_factor: undefined } },
      "rope_scaling.low_freq_factor must be a positive number, it is missing",
    ],
    [
      { rope_scaling: { ...LLAMA3, high_freq_factor: 1 } },
      "rope_scaling.high_freq_factor 1 must be above low_freq_factor 1",
    ],
    [
      { rope_scaling: { ...LLAMA3, original_max_position_embeddings: 0 } },
      "rope_scaling.original_max_position_embeddings must be a positive integer, got 0",
    ],
    [{ rope_parameters: { rope_theta: -1 } }, "rope_parameters.rope_theta must be a positive number, got -1"],
  ])("%j", (object, message) => expect(() => parse(object)).toThrow(new InvalidModelError(`config.json: ${message}`)));

  test.each<[Record<string, unknown>, string]>([
    [
      { rope_scaling: { type: "dynamic", factor: 4 } },
      'rope_scaling.type "dynamic" is not implemented, only default, linear, llama3, yarn and longrope',
    ],
  ])("%j by name", (object, message) =>
    expect(() => parse(object)).toThrow(new UnsupportedModelError(`config.json: ${message}`)),
  );
});

test("a table of each kind of layer is refused in a family that has one for all", () => {
  const rope_parameters = { full_attention: { rope_type: "default", rope_theta: 1e6 } };
  expect(() => parse({ rope_parameters })).toThrow(UnsupportedModelError);
  expect(() => parse({ rope_parameters })).toThrow(
    'rope_parameters.full_attention {"rope_type":"default","rope_theta":1000000} is not implemented, only one table for all layers',
  );
});
