import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { Fields } from "../../src/models/fields.ts";
import { parseRope, type RopeConfig } from "../../src/models/rope-config.ts";

const parse = (object: Record<string, unknown>): RopeConfig => parseRope(new Fields(object, "config.json"), "config.json");

/** Of Llama 3.1's config.json. */
const LLAMA3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
const LLAMA3_SCALING = { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 };

test.each<[string, Record<string, unknown>, unknown]>([
  ["nothing", {}, { theta: 10_000, scaling: null }],
  ["only theta", { rope_theta: 5e5 }, { theta: 5e5, scaling: null }],
  ["null", { rope_theta: 5e5, rope_scaling: null }, { theta: 5e5, scaling: null }],
  ["default", { rope_scaling: { rope_type: "default" } }, { theta: 10_000, scaling: null }],
  ["linear by its old key", { rope_scaling: { type: "linear", factor: 2 } }, { theta: 10_000, scaling: { kind: "linear", factor: 2 } }],
  ["the new key before the old one", { rope_scaling: { type: "yarn", rope_type: "linear", factor: 2.5 } }, { theta: 10_000, scaling: { kind: "linear", factor: 2.5 } }],
  ["llama3", { rope_theta: 5e5, rope_scaling: LLAMA3 }, { theta: 5e5, scaling: LLAMA3_SCALING }],
  ["rope_parameters", { rope_parameters: { rope_type: "default", rope_theta: 1e6 } }, { theta: 1e6, scaling: null }],
  ["rope_parameters without a type", { rope_parameters: { rope_theta: 1e6 } }, { theta: 1e6, scaling: null }],
  ["rope_parameters without theta", { rope_theta: 7, rope_parameters: { rope_type: "default" } }, { theta: 7, scaling: null }],
  ["rope_parameters before the others", { rope_theta: 7, rope_scaling: { type: "yarn" }, rope_parameters: { ...LLAMA3, rope_theta: 5e5 } }, { theta: 5e5, scaling: LLAMA3_SCALING }],
  ["a whole head turned", { rope_scaling: { rope_type: "default", partial_rotary_factor: 1 } }, { theta: 10_000, scaling: null }],
])("reads %s", (_, object, rope) => expect(parse(object)).toEqual(rope));

describe("refuses", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ rope_theta: 0 }, "rope_theta must be a positive number, got 0"],
    [{ rope_theta: "10000" }, 'rope_theta must be a positive number, got "10000"'],
    [{ rope_scaling: "linear" }, 'rope_scaling must be an object or null, got "linear"'],
    [{ rope_parameters: [] }, "rope_parameters must be an object or null, got []"],
    [{ rope_scaling: { factor: 2 } }, "rope_scaling.type must be a string, it is missing"],
    [{ rope_scaling: { type: "linear" } }, "rope_scaling.factor must be a positive number, it is missing"],
    [{ rope_scaling: { type: "linear", factor: 0.5 } }, "rope_scaling.factor must be at least 1, got 0.5"],
    [{ rope_scaling: { ...LLAMA3, low_freq_factor: undefined } }, "rope_scaling.low_freq_factor must be a positive number, it is missing"],
    [{ rope_scaling: { ...LLAMA3, high_freq_factor: 1 } }, "rope_scaling.high_freq_factor 1 must be above low_freq_factor 1"],
    [{ rope_scaling: { ...LLAMA3, original_max_position_embeddings: 0 } }, "rope_scaling.original_max_position_embeddings must be a positive integer, got 0"],
    [{ rope_parameters: { rope_theta: -1 } }, "rope_parameters.rope_theta must be a positive number, got -1"],
  ])("%j", (object, message) => expect(() => parse(object)).toThrow(new InvalidModelError(`config.json: ${message}`)));

  test.each<[Record<string, unknown>, string]>([
    [{ rope_scaling: { rope_type: "yarn", factor: 4 } }, 'rope_scaling.rope_type "yarn" is not implemented, only default, linear and llama3'],
    [{ rope_scaling: { type: "dynamic", factor: 4 } }, 'rope_scaling.type "dynamic" is not implemented, only default, linear and llama3'],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, "rope_parameters.partial_rotary_factor 0.5 is not implemented, only 1"],
  ])("%j by name", (object, message) => expect(() => parse(object)).toThrow(new UnsupportedModelError(`config.json: ${message}`)));
});
