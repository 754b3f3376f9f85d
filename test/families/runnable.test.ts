import { expect, test } from "vitest";
import { type DecoderConfig, plainDecoder } from "../../src/decoder.ts";
import { UnsupportedModelError } from "../../src/errors.ts";
import { refuseUnrunnable } from "../../src/families/runnable.ts";

const PLAIN = plainDecoder(1, {
  vocabSize: 10,
  hiddenSize: 8,
  intermediateSize: 12,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 4,
  contextLength: 16,
});

test("a plain decoder runs", () => expect(() => refuseUnrunnable(PLAIN, "config.json")).not.toThrow());

test.each<[Partial<DecoderConfig>, string]>([
  [
    { norm: { kind: "layer", epsilon: 1e-5, place: "before" } },
    "LayerNorm of LlamaForCausalLM is not implemented, only RMSNorm",
  ],
  [{ gated: false }, "a feed-forward without gate of LlamaForCausalLM is not implemented, only gated ones"],
  [{ learnedPositions: 16 }, "a learned position embedding of LlamaForCausalLM is not implemented, only rotary ones"],
  [{ activation: "relu" }, "activation relu of LlamaForCausalLM is not implemented, only silu and gelu_tanh"],
])("refuses %j by name", (part, message) => {
  expect(() => refuseUnrunnable({ ...PLAIN, ...part }, "config.json")).toThrow(
    new UnsupportedModelError(`config.json: ${message}`),
  );
});
