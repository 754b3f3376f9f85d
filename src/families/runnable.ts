import type { DecoderConfig } from "../decoder.ts";
import { UnsupportedModelError } from "../errors.ts";

/**
 * Throws `UnsupportedModelError` for a decoder that is described but that no backend computes, with the part and the
 * name.
 */
export function refuseUnrunnable(config: DecoderConfig, file: string): void {
  const refuse = (part: string, only: string): never => {
    throw new UnsupportedModelError(`${file}: ${part} of ${config.architecture} is not implemented, only ${only}`);
  };
  if (config.norm.kind !== "rms") refuse("LayerNorm", "RMSNorm");
  if (!config.gated) refuse("a feed-forward without gate", "gated ones");
  if (config.learnedPositions > 0) refuse("a learned position embedding", "rotary ones");
  if (config.activation !== "silu" && config.activation !== "gelu_tanh") {
    refuse(`activation ${config.activation}`, "silu and gelu_tanh");
  }
}
