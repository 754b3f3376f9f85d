import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { excerpt, isObject } from "../json.ts";
import type { Arithmetic } from "./gpu.ts";

/** How a checkpoint stores its weights, and what the products are then done in. */
export interface WeightFormat {
  readonly weightBits: number;
  readonly arithmetic: Arithmetic;
}

const FP8: WeightFormat = { weightBits: 8, arithmetic: "fp8" };

/** Scales of 16 bits for 32 weights of 4. */
const MXFP4: WeightFormat = { weightBits: 4.25, arithmetic: "fp16" };

/**
 * The weight format that a parsed config.json names in `quantization_config`, or `null` where it has none. Weight-only
 * formats are multiplied at 16 bits. Throws `UnsupportedModelError` for a method that is not known, `InvalidModelError`
 * for a number of bits that is none.
 */
export function weightFormatFromConfig(config: unknown, name = "config.json"): WeightFormat | null {
  const found = isObject(config) ? (config["quantization_config"] ?? null) : null;
  if (found === null) return null;
  if (!isObject(found)) {
    throw new InvalidModelError(`${name}: quantization_config must be a JSON object, got ${excerpt(found)}`);
  }
  const method = found["quant_method"];
  switch (method) {
    case "fp8":
    case "fbgemm_fp8":
      return FP8;
    case "mxfp4":
      return MXFP4;
    case "awq":
    case "gptq":
      return { weightBits: bitsOf(found["bits"] ?? found["w_bit"] ?? 4, name), arithmetic: "fp16" };
    case "bitsandbytes":
      return { weightBits: found["load_in_4bit"] === true ? 4 : 8, arithmetic: "fp16" };
    case "compressed-tensors":
      return compressed(found, name);
    default:
      throw new UnsupportedModelError(
        `${name}: quantization_config has quant_method ${excerpt(method)}; known: fp8, fbgemm_fp8, mxfp4, ` +
          "awq, gptq, bitsandbytes, compressed-tensors",
      );
  }
}

/** compressed-tensors of llm-compressor: the first group's weights, and whether activations are of few bits, too. */
function compressed(found: Readonly<Record<string, unknown>>, name: string): WeightFormat {
  const groups = found["config_groups"];
  const group = isObject(groups) ? Object.values(groups)[0] : undefined;
  const weights = isObject(group) ? group["weights"] : undefined;
  if (!isObject(group) || !isObject(weights)) {
    throw new InvalidModelError(
      `${name}: quantization_config has no config_groups with weights, got ${excerpt(groups)}`,
    );
  }
  const weightBits = bitsOf(weights["num_bits"], name);
  if (!isObject(group["input_activations"]) || weightBits > 8) return { weightBits, arithmetic: "fp16" };
  if (weights["type"] === "float") return { weightBits, arithmetic: weightBits > 4 ? "fp8" : "fp4" };
  return { weightBits, arithmetic: "int8" };
}

function bitsOf(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 16) return value;
  throw new InvalidModelError(
    `${name}: quantization_config must have an integer number of bits from 1 to 16, got ${excerpt(value)}`,
  );
}
