import type { DecoderConfig } from "../decoder.ts";
import { type Family, LLAMA_LAYOUT } from "./family.ts";
import type { Fields } from "./fields.ts";
import { readLlamaLike } from "./llama.ts";
import { readRope } from "./rope-fields.ts";
import { readLayers, readSizes, readWindow } from "./sizes.ts";

/** Each fourth layer has no rotary embedding, where the file does not list them. */
const NO_ROPE_INTERVAL = 4;

function read(fields: Fields): DecoderConfig {
  const sizes = readSizes(fields, { num_key_value_heads: 4, max_position_embeddings: 32_768 });
  const window = fields.boolean("use_sliding_window", false) ? readWindow(fields) : null;
  const layers = readLayers(fields, window, (layer) => window !== null && rotates(fields, layer));
  return readLlamaLike(fields, "SmolLM3ForCausalLM", {
    ...sizes,
    layers: layers.map((layer, number) => ({ ...layer, rope: rotates(fields, number) ? 0 : null })),
    ropes: [readRope(fields, { ...sizes, theta: 2_000_000 })],
    tiedEmbeddings: fields.boolean("tie_word_embeddings", true),
  });
}

/** `no_rope_layers` holds 1 for a layer with the rotary embedding, 0 for a layer without. */
function rotates(fields: Fields, layer: number): boolean {
  const list = fields.get("no_rope_layers");
  if (list === undefined) return (layer + 1) % fields.positiveInteger("no_rope_layer_interval", NO_ROPE_INTERVAL) !== 0;
  const ok = Array.isArray(list) && (list[layer] === 0 || list[layer] === 1);
  if (!ok) fields.fail("no_rope_layers", "a list of 0 and 1, one a layer", list);
  return (list as number[])[layer] === 1;
}

/** SmolLM3: Llama without rotary embedding in some layers (NoPE, arXiv 2501.18795). */
export const smollm3: Family = {
  modelType: "smollm3",
  architectures: ["SmolLM3ForCausalLM"],
  ggufArchitecture: "smollm3",
  layout: { ...LLAMA_LAYOUT, interleavedInGguf: true },
  read,
};
