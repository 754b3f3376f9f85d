import type { DecoderConfig, ExpertConfig } from "../../decoder.ts";
import { activateGate } from "./gated.ts";
import { linear } from "./linear.ts";
import type { LayerNumbers } from "./weights.ts";

/**
 * A mixture of experts: out = Σ weight · expert(x) over the experts that the router gives the largest probabilities. Of
 * equal probabilities the lower number is taken. Each token's sum runs over its experts in ascending order, so that it
 * does not depend on the other tokens. Source: arXiv 1701.06538; the rule of Qwen3-MoE (arXiv 2505.09388).
 */
export class Experts {
  readonly #config: DecoderConfig;
  readonly #experts: ExpertConfig;
  /** [T, expert count] probabilities; 0 for an expert that the token does not use. */
  readonly #shares: Float64Array;
  // Rows of the tokens of one expert, [T, ...] each.
  readonly #tokens: Int32Array;
  readonly #inputs: Float64Array;
  readonly #gate: Float64Array;
  readonly #up: Float64Array;
  readonly #outputs: Float64Array;

  constructor(config: DecoderConfig, experts: ExpertConfig, maxTokens: number) {
    this.#config = config;
    this.#experts = experts;
    this.#shares = new Float64Array(maxTokens * experts.count);
    this.#tokens = new Int32Array(maxTokens);
    this.#inputs = new Float64Array(maxTokens * config.hiddenSize);
    this.#gate = new Float64Array(maxTokens * experts.intermediateSize);
    this.#up = new Float64Array(maxTokens * experts.intermediateSize);
    this.#outputs = new Float64Array(maxTokens * config.hiddenSize);
  }

  /** out and x are [count, hiddenSize]. */
  run(out: Float64Array, x: Float64Array, layer: LayerNumbers, count: number): void {
    linear(this.#shares, x, layer.router!, count);
    for (let token = 0; token < count; token++) keepLargest(this.#shares, token, this.#experts);
    out.fill(0, 0, count * this.#config.hiddenSize);
    for (let expert = 0; expert < this.#experts.count; expert++) this.#runExpert(out, x, layer, expert, count);
  }

  #runExpert(out: Float64Array, x: Float64Array, layer: LayerNumbers, expert: number, count: number): void {
    const { hiddenSize, activation } = this.#config;
    const { intermediateSize } = this.#experts;
    const rows = this.#gatherTokens(x, expert, count);
    if (rows === 0) return;
    const hidden = { first: expert * intermediateSize, count: intermediateSize };
    linear(this.#gate, this.#inputs, layer.gate, rows, hidden);
    linear(this.#up, this.#inputs, layer.up, rows, hidden);
    activateGate(activation, this.#gate, this.#up, rows * intermediateSize);
    linear(this.#outputs, this.#gate, layer.down, rows, { first: expert * hiddenSize, count: hiddenSize });
    for (let row = 0; row < rows; row++) {
      const token = this.#tokens[row];
      const share = this.#shares[token * this.#experts.count + expert];
      for (let i = 0; i < hiddenSize; i++) out[token * hiddenSize + i] += share * this.#outputs[row * hiddenSize + i];
    }
  }

  /** Copies the inputs of the expert's tokens; returns how many they are. */
  #gatherTokens(x: Float64Array, expert: number, count: number): number {
    const { hiddenSize } = this.#config;
    let rows = 0;
    for (let token = 0; token < count; token++) {
      if (this.#shares[token * this.#experts.count + expert] === 0) continue;
      this.#inputs.set(x.subarray(token * hiddenSize, (token + 1) * hiddenSize), rows * hiddenSize);
      this.#tokens[rows++] = token;
    }
    return rows;
  }
}

/** Turns row `token` of router logits into probabilities, and sets all but the largest `perToken` to 0. */
function keepLargest(shares: Float64Array, token: number, { count, perToken, normalized }: ExpertConfig): void {
  const row = shares.subarray(token * count, (token + 1) * count);
  const largest = row.reduce((a, b) => Math.max(a, b));
  const exponentials = row.map((logit) => Math.exp(logit - largest));
  const order = Array.from(exponentials, (_, expert) => expert).toSorted(
    (a, b) => exponentials[b] - exponentials[a] || a - b,
  );
  const used = order.slice(0, perToken);
  const sum = (experts: readonly number[]): number =>
    experts.reduce((total, expert) => total + exponentials[expert], 0);
  const total = normalized ? sum(used.toSorted((a, b) => a - b)) : exponentials.reduce((a, b) => a + b);
  row.fill(0);
  for (const expert of used) row[expert] = exponentials[expert] / total;
}
