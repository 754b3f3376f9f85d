import type { Activation } from "../../decoder.ts";
import { UnsupportedModelError } from "../../errors.ts";

/**
 * gate = activation(gate) * up, elementwise over the first `count` numbers (GLU variants, arXiv 2002.05202).
 * silu(x) = x / (1 + exp(-x)); gelu_tanh(x) = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
 */
export function activateGate(activation: Activation, gate: Float64Array, up: Float64Array, count: number): void {
  const f = functionOf(activation);
  for (let i = 0; i < count; i++) gate[i] = f(gate[i]) * up[i];
}

function functionOf(activation: Activation): (x: number) => number {
  if (activation === "silu") return silu;
  if (activation === "gelu_tanh") return geluTanh;
  throw new UnsupportedModelError(
    `activation ${activation} is not implemented in the reference backend, only silu and gelu_tanh`,
  );
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}
