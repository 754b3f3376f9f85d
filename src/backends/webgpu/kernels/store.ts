import type { Activation, DecoderConfig } from "../../../decoder.ts";
import { assert } from "../../../assert.ts";
import type { KvType } from "../../../kv-type.ts";
import type { Shape } from "../shape.ts";
import { type Binding, type SourceName, cachePiece } from "./kernel.ts";

/**
 * What is done with the outputs of a matrix: the .wgsl files that store them, their constants and bindings behind the
 * inputs.
 */
export interface Store {
  readonly name: SourceName;
  readonly pieces: readonly SourceName[];
  readonly bindings: readonly Binding[];
  readonly constants: Readonly<Record<string, number>>;
}

/** How the heads of a layer are placed. */
export interface HeadShape {
  readonly shape: Shape;
  readonly blockSize: number;
  readonly kv: KvType;
  /** Queries and keys are rotated. */
  readonly rotated: boolean;
}

/** Bindings: angles, queries, cache. */
export function storeQkv(heads: HeadShape): Store {
  const pieces = [cachePiece(heads.kv), "rotate", "heads", "store-qkv"] as const;
  return { name: "store-qkv", pieces, bindings: ["read", "write", "write"], constants: headConstants(heads) };
}

/** Constants of rotate.wgsl and heads.wgsl. */
export function headConstants({ shape, blockSize, rotated }: HeadShape): Store["constants"] {
  return {
    HEAD: shape.head,
    QUERY_HEADS: shape.headCount,
    SHARING: shape.sharing,
    BLOCK_SIZE: blockSize,
    ROTATED: rotated ? 1 : 0,
  };
}

/** Outputs as they are, `outputs` vectors a row; bindings: outputs. */
export function storePlain(outputs: number): Store {
  return { name: "store-plain", pieces: ["store-plain"], bindings: ["write"], constants: { OUTPUTS: outputs } };
}

/** Bindings: hidden state. */
export function storeResidual(shape: Shape, factor: number): Store {
  return {
    name: "store-residual",
    pieces: ["store-residual"],
    bindings: ["write"],
    constants: { OUTPUTS: shape.hidden, FACTOR: factor },
  };
}

/** Rows of `intermediate` vectors of activation(gate) * up; bindings: gated feed-forward row. */
export function storeGated(intermediate: number, activation: Activation): Store {
  const pieces = [activationPiece(activation), "store-gated"] as const;
  return { name: "store-gated", pieces, bindings: ["write"], constants: { OUTPUTS: 2 * intermediate } };
}

function activationPiece(activation: Activation): SourceName {
  assert(activation === "silu" || activation === "gelu_tanh", () => `no kernel has activation ${activation}`);
  return activation === "silu" ? "silu" : "gelu-tanh";
}

/** Bindings: logits of a tile of `tile` samples. */
export function storeLogits(
  shape: Shape,
  tile: number,
  config: Pick<DecoderConfig, "logitScale" | "logitSoftCap">,
): Store {
  const constants = {
    OUTPUTS: shape.vocabulary,
    TILE: tile,
    FACTOR: config.logitScale,
    SOFT_CAP: config.logitSoftCap ?? 0,
  };
  return { name: "store-logits", pieces: ["soft-cap", "store-logits"], bindings: ["write"], constants };
}
