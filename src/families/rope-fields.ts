import { InvalidModelError } from "../errors.ts";
import type { RopeConfig, RopeScaling } from "../rope.ts";
import type { Fields } from "./fields.ts";

const DEFAULT_THETA = 10_000;
const IMPLEMENTED = "default, linear, llama3, yarn and longrope";

/** Keys of `rope_parameters` that have objects of their own where each kind of layer has its table. */
const LAYER_TYPES = ["full_attention", "sliding_attention"];

/** What the rotary embedding takes from the rest of the configuration. */
export interface RopeSetting {
  readonly headDim: number;
  readonly contextLength: number;
  /** Where the file gives no theta. Default 10,000. */
  readonly theta?: number;
  /** Object of `rope_parameters` for this kind of layer, where there is one a kind. */
  readonly layerType?: string;
}

/**
 * The rotary embedding of a config.json: `rope_theta` with `rope_scaling`, or since transformers 5 one
 * `rope_parameters` object that holds both and then wins. Of a GGUF file: the keys `rope.*`.
 */
export function readRope(fields: Fields, setting: RopeSetting): RopeConfig {
  if (fields.format === "gguf") return readGgufRope(fields, setting);
  const parameters = parametersOf(fields, setting.layerType);
  const scaling = parameters ?? fields.nested("rope_scaling");
  const topTheta = fields.positiveNumber("rope_theta", setting.theta ?? DEFAULT_THETA);
  const partial =
    scaling?.positiveNumber("partial_rotary_factor", fields.positiveNumber("partial_rotary_factor", 1)) ??
    fields.positiveNumber("partial_rotary_factor", 1);
  const dimensions = rotatedDimensions(fields, setting.headDim * partial, setting.headDim);
  const theta = parameters?.positiveNumber("rope_theta", topTheta) ?? topTheta;
  return {
    theta,
    dimensions,
    scaling: scaling === undefined ? null : readScaling(scaling, fields, setting, dimensions, parameters !== undefined),
  };
}

function parametersOf(fields: Fields, layerType: string | undefined): Fields | undefined {
  const parameters = fields.nested("rope_parameters");
  const ofType = layerType === undefined ? undefined : parameters?.nested(layerType);
  const kind = ofType === undefined ? LAYER_TYPES.find((type) => parameters?.has(type)) : undefined;
  if (kind !== undefined) parameters!.unsupported(kind, parameters!.get(kind), "one table for all layers");
  return ofType ?? parameters;
}

function rotatedDimensions(fields: Fields, dimensions: number, headDim: number): number {
  const ok = Number.isInteger(dimensions) && dimensions % 2 === 0 && dimensions <= headDim;
  if (!ok) {
    throw new InvalidModelError(
      `${fields.file}: the rotary embedding would turn ${dimensions} of ${headDim} numbers of a head, ` +
        "expected an even number up to all",
    );
  }
  return dimensions;
}

function readScaling(
  rope: Fields,
  fields: Fields,
  setting: RopeSetting,
  dimensions: number,
  typeIsOptional: boolean,
): RopeScaling | null {
  const typeKey = rope.has("rope_type") ? "rope_type" : "type";
  const type = rope.string(typeKey, typeIsOptional ? "default" : undefined);
  switch (type) {
    case "default":
      return null;
    case "linear":
      return { kind: "linear", factor: readFactor(rope) };
    case "llama3":
      return readLlama3(rope);
    case "yarn":
      return readYarn(rope, setting);
    case "longrope":
    case "su":
      return readLongRope(rope, fields, setting, dimensions);
    default:
      return rope.unsupported(typeKey, type, IMPLEMENTED);
  }
}

function readFactor(rope: Fields): number {
  const factor = rope.positiveNumber("factor");
  if (factor < 1) rope.fail("factor", "at least 1", factor);
  return factor;
}

function readLlama3(rope: Fields): RopeScaling {
  const lowFrequencyFactor = rope.positiveNumber("low_freq_factor");
  const highFrequencyFactor = rope.positiveNumber("high_freq_factor");
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw new InvalidModelError(
      `${rope.file}: ${rope.spell("high_freq_factor")} ${highFrequencyFactor} must be above low_freq_factor ` +
        `${lowFrequencyFactor}`,
    );
  }
  const originalContextLength = rope.positiveInteger("original_max_position_embeddings");
  return { kind: "llama3", factor: readFactor(rope), lowFrequencyFactor, highFrequencyFactor, originalContextLength };
}

function readYarn(rope: Fields, { contextLength }: RopeSetting): RopeScaling {
  const factor = readFactor(rope);
  const originalContextLength = rope.positiveInteger("original_max_position_embeddings", contextLength);
  const betaFast = rope.positiveNumber("beta_fast", 32);
  const betaSlow = rope.positiveNumber("beta_slow", 1);
  const magnitude = rope.positiveNumber("attention_factor", yarnMagnitude(rope, factor));
  return {
    kind: "yarn",
    factor,
    originalContextLength,
    betaFast,
    betaSlow,
    magnitude,
    truncated: rope.boolean("truncate", true),
  };
}

/**
 * 0.1 ln(factor) + 1 (arXiv 2309.00071, section 3.4); DeepSeek's files give two factors of the logarithm and take the
 * ratio.
 */
function yarnMagnitude(rope: Fields, factor: number): number {
  const magnitude = (share: number): number => 0.1 * share * Math.log(factor) + 1;
  const shares = rope.has("mscale") && rope.has("mscale_all_dim");
  return shares
    ? magnitude(rope.positiveNumber("mscale")) / magnitude(rope.positiveNumber("mscale_all_dim"))
    : magnitude(1);
}

/**
 * LongRoPE has two tables, for sequences within the original context and beyond it. One cache cannot hold keys of both:
 * as llama.cpp and vLLM do, the model's context length chooses.
 */
function readLongRope(rope: Fields, fields: Fields, { contextLength }: RopeSetting, dimensions: number): RopeScaling {
  const original = rope.positiveInteger(
    "original_max_position_embeddings",
    fields.positiveInteger("original_max_position_embeddings", contextLength),
  );
  const key = contextLength > original ? "long_factor" : "short_factor";
  const divisors = rope.positiveNumbers(key, dimensions / 2) ?? rope.fail(key, "a list of numbers", undefined);
  return {
    kind: "divisors",
    divisors,
    magnitude: rope.positiveNumber("attention_factor", longRopeMagnitude(contextLength, original)),
  };
}

/** sqrt(1 + ln(scale) / ln(original context)), 1 without extension (arXiv 2402.13753; Phi-3's published code). */
export function longRopeMagnitude(contextLength: number, original: number): number {
  const scale = contextLength / original;
  return scale <= 1 ? 1 : Math.sqrt(1 + Math.log(scale) / Math.log(original));
}

function readGgufRope(fields: Fields, setting: RopeSetting): RopeConfig {
  const dimensions = rotatedDimensions(
    fields,
    fields.positiveInteger("rotary_dimensions", setting.headDim),
    setting.headDim,
  );
  const theta = fields.positiveNumber("rope_theta", DEFAULT_THETA);
  return { theta, dimensions, scaling: readGgufScaling(fields, setting, dimensions) };
}

/**
 * llama.cpp's defaults: a factor without a type is linear, a factor of 0 is none, and the attention factor counts with
 * every type. Files before 2023-10 have `rope.scale_linear` alone. LongRoPE's tables are tensors.
 */
function readGgufScaling(fields: Fields, { contextLength }: RopeSetting, dimensions: number): RopeScaling | null {
  const type = fields.string("rope_scaling_type", "linear");
  const factor = fields.notNegative("rope_scaling_factor", fields.notNegative("rope_scale_linear", 1)) || 1;
  const attentionFactor = fields.positiveNumber("rope_attention_factor", 1);
  if (type === "none") return divideAll(1, attentionFactor, dimensions);
  if (type === "linear" || type === "longrope") return divideAll(factor, attentionFactor, dimensions);
  if (type !== "yarn") return fields.unsupported("rope_scaling_type", type, "none, linear, yarn and longrope");
  const originalContextLength = fields.positiveInteger("rope_scaling_original", contextLength);
  const betaFast = fields.positiveNumber("rope_beta_fast", 32);
  const betaSlow = fields.positiveNumber("rope_beta_slow", 1);
  const magnitude = attentionFactor * (0.1 * Math.log(factor) + 1);
  return { kind: "yarn", factor, originalContextLength, betaFast, betaSlow, magnitude, truncated: true };
}

/** All frequencies divided by `factor`, cosines and sines times `magnitude`; `null` where that changes nothing. */
function divideAll(factor: number, magnitude: number, dimensions: number): RopeScaling | null {
  if (magnitude !== 1) {
    return { kind: "divisors", divisors: new Array<number>(dimensions / 2).fill(factor), magnitude };
  }
  return factor === 1 ? null : { kind: "linear", factor };
}
