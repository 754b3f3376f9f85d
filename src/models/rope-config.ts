import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import type { RopeScaling } from "../model.ts";
import { Fields } from "./fields.ts";
import { isObject } from "./json.ts";

const DEFAULT_THETA = 10000;

export interface RopeConfig {
  readonly theta: number;
  readonly scaling: RopeScaling | null;
}

/**
 * Rotary embedding of a config.json: `rope_theta` with `rope_scaling`, or since transformers 5 one `rope_parameters`
 * object that holds both and then wins.
 */
export function parseRope(fields: Fields, file: string): RopeConfig {
  const key = fields.get("rope_parameters") === undefined ? "rope_scaling" : "rope_parameters";
  const value = fields.get(key);
  const topTheta = fields.positiveNumber("rope_theta", DEFAULT_THETA);
  if (value === undefined) return { theta: topTheta, scaling: null };
  if (!isObject(value)) fields.fail(key, "an object or null", value);
  const rope = new Fields(value, file, `${key}.`);
  return { theta: rope.positiveNumber("rope_theta", topTheta), scaling: parseScaling(rope, file, key) };
}

function parseScaling(rope: Fields, file: string, key: string): RopeScaling | null {
  const partial = rope.positiveNumber("partial_rotary_factor", 1);
  if (partial !== 1) throw new UnsupportedModelError(`${file}: ${key}.partial_rotary_factor ${partial} is not implemented, only 1`);
  const typeKey = rope.get("rope_type") === undefined ? "type" : "rope_type";
  const type = rope.string(typeKey, key === "rope_parameters" ? "default" : undefined);
  if (type === "default") return null;
  if (type === "linear") return { kind: "linear", factor: parseFactor(rope) };
  if (type === "llama3") return parseLlama3(rope, file, key);
  throw new UnsupportedModelError(`${file}: ${key}.${typeKey} "${type}" is not implemented, only default, linear and llama3`);
}

function parseFactor(rope: Fields): number {
  const factor = rope.positiveNumber("factor");
  if (factor < 1) rope.fail("factor", "at least 1", factor);
  return factor;
}

function parseLlama3(rope: Fields, file: string, key: string): RopeScaling {
  const lowFrequencyFactor = rope.positiveNumber("low_freq_factor");
  const highFrequencyFactor = rope.positiveNumber("high_freq_factor");
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw new InvalidModelError(
      `${file}: ${key}.high_freq_factor ${highFrequencyFactor} must be above low_freq_factor ${lowFrequencyFactor}`,
    );
  }
  const originalContextLength = rope.positiveInteger("original_max_position_embeddings");
  return { kind: "llama3", factor: parseFactor(rope), lowFrequencyFactor, highFrequencyFactor, originalContextLength };
}
