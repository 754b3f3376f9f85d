import { UnsupportedModelError } from "../errors.ts";
import type { ConfigFamily } from "./config-families.ts";
import type { JsonFields } from "./json-fields.ts";

/** Most layers of a config.json: the deepest published models have 126; a damaged number must not fill memory. */
const MAX_LAYERS = 4096;

/** The window of each layer in order, `null` where it sees everything. Throws `InvalidModelError` or `UnsupportedModelError`. */
export function layerWindows(fields: JsonFields, family: ConfigFamily): (number | null)[] {
  const count = fields.count(["num_hidden_layers", "n_layer"]);
  if (count > MAX_LAYERS) throw fields.wrong("num_hidden_layers", `at most ${MAX_LAYERS}`, count);
  const types = fields.find(["layer_types"]);
  if (types !== undefined) return fromLayerTypes(fields, types.value, count);
  const window = fields.has("sliding_window") ? fields.count(["sliding_window"]) : null;
  if (window === null) return new Array<null>(count).fill(null);
  return Array.from({ length: count }, windowedBy(fields, family)).map((windowed) => (windowed ? window : null));
}

/** transformers since 4.53 name each layer's attention. */
function fromLayerTypes(fields: JsonFields, types: unknown, count: number): (number | null)[] {
  if (!Array.isArray(types) || types.length !== count) throw fields.wrong("layer_types", `a list of ${count} names`, types);
  return types.map((type: unknown) => {
    if (type === "full_attention") return null;
    if (type === "sliding_attention") return fields.count(["sliding_window"]);
    if (typeof type !== "string") throw fields.wrong("layer_types", "a list of names", types);
    throw new UnsupportedModelError(`${fields.what}: "layer_types" has "${type}", which the roofline does not describe`);
  });
}

function windowedBy(fields: JsonFields, family: ConfigFamily): (unused: unknown, layer: number) => boolean {
  switch (family.window) {
    case "none":
      return () => false;
    case "all":
      return () => true;
    case "every-other":
      return (_, layer) => layer % 2 === 0;
    case "pattern": {
      const period = fields.count(["sliding_window_pattern"], 6);
      return (_, layer) => (layer + 1) % period !== 0;
    }
    case "qwen": {
      const first = fields.flag("use_sliding_window", false) ? nonNegative(fields, "max_window_layers") : Number.POSITIVE_INFINITY;
      return (_, layer) => layer >= first;
    }
  }
}

function nonNegative(fields: JsonFields, key: string): number {
  const value = fields.notNegative(key, 0);
  if (!Number.isSafeInteger(value)) throw fields.wrong(key, "an integer", value);
  return value;
}
