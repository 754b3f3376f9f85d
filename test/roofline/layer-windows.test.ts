import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { familyOf } from "../../src/roofline/config-families.ts";
import { JsonFields } from "../../src/roofline/json-fields.ts";
import { layerWindows } from "../../src/roofline/layer-windows.ts";

/** Windows of a config of 6 layers. */
function windows(family: string, config: object) {
  return layerWindows(new JsonFields("config.json", { num_hidden_layers: 6, ...config }, InvalidModelError), familyOf(family));
}

describe("layerWindows", () => {
  test.each([
    ["llama", { sliding_window: 8 }, [null, null, null, null, null, null]],
    ["mistral", { sliding_window: 8 }, [8, 8, 8, 8, 8, 8]],
    ["mistral", { sliding_window: null }, [null, null, null, null, null, null]],
    ["gemma2", { sliding_window: 8 }, [8, null, 8, null, 8, null]],
    ["gemma3_text", { sliding_window: 8 }, [8, 8, 8, 8, 8, null]],
    ["gemma3_text", { sliding_window: 8, sliding_window_pattern: 2 }, [8, null, 8, null, 8, null]],
    ["qwen2", { sliding_window: 8, use_sliding_window: false, max_window_layers: 2 }, [null, null, null, null, null, null]],
    ["qwen2", { sliding_window: 8, use_sliding_window: true, max_window_layers: 2 }, [null, null, 8, 8, 8, 8]],
  ])("of %s with %j", (family, config, expected) => {
    expect(windows(family, config)).toEqual(expected);
  });

  test("layer_types, where it is there, decides", () => {
    const types = ["sliding_attention", "full_attention", "full_attention", "full_attention", "full_attention", "sliding_attention"];
    expect(windows("llama", { sliding_window: 8, layer_types: types })).toEqual([8, null, null, null, null, 8]);
    expect(() => windows("llama", { layer_types: types })).toThrow(`"sliding_window" is missing`);
    expect(() => windows("llama", { layer_types: types.slice(1) })).toThrow(`"layer_types" must be a list of 6 names`);
    expect(() => windows("llama", { layer_types: types.map(() => 1) })).toThrow(InvalidModelError);
    expect(() => windows("llama", { layer_types: types.map(() => "linear_attention") })).toThrow(UnsupportedModelError);
  });

  test("a layer number that is none is named", () => {
    const first = (layer: unknown) => () => windows("qwen2", { sliding_window: 8, use_sliding_window: true, max_window_layers: layer });
    expect(first(0)()).toEqual([8, 8, 8, 8, 8, 8]);
    expect(first("2")).toThrow(`"max_window_layers" must be a finite number >= 0, got "2"`);
    expect(first(1.5)).toThrow(`"max_window_layers" must be an integer, got 1.5`);
  });
});
