import type { DecoderConfig } from "../decoder.ts";
import { InvalidModelError } from "../errors.ts";
import { decoderFromConfig } from "../families/index.ts";
import { describe, isObject } from "../json.ts";
import type { ModelShape } from "./shape.ts";

/**
 * Shape of the model that a parsed Hugging Face `config.json` describes (of its `text_config` where it has one). Pure.
 * `src/families` lists the families; a model of another family is refused by name. Throws `InvalidModelError` and
 * `UnsupportedModelError` that name the key and its value. How weights are stored is no part of the shape:
 * `weightFormatFromConfig` reads it.
 */
export function shapeFromConfig(config: unknown, name = "config.json"): ModelShape {
  if (!isObject(config)) throw new InvalidModelError(`${name}: must be a JSON object, ${describe(config)}`);
  const { quantization_config: _, ...unquantized } = config;
  return shapeOfDecoder(decoderFromConfig(unquantized, name).config, name);
}

/** Norms of length `hiddenSize` a layer. */
const NORMS_PER_LAYER = { before: 2, around: 4 } as const;

/** What time and memory depend on of a decoder. */
export function shapeOfDecoder(config: DecoderConfig, name: string): ModelShape {
  const { hiddenSize, headCount, kvHeadCount, headDim, intermediateSize, vocabSize, contextLength, experts } = config;
  const expertLayers = config.layers.filter((layer) => layer.experts).length;
  return {
    name,
    hiddenSize,
    headCount,
    kvHeadCount,
    headDim,
    intermediateSize,
    vocabSize,
    contextLength,
    tiedEmbeddings: config.tiedEmbeddings,
    layers: layersByWindow(config),
    feedForwardMatrices: config.gated ? 3 : 2,
    biases: config.biases,
    normVectors: config.norm.kind === "layer" ? 2 : 1,
    normsPerLayer: NORMS_PER_LAYER[config.norm.place],
    queryKeyNorm: config.queryKeyNorm,
    positionEmbeddings: config.learnedPositions,
    experts: experts && {
      layerCount: expertLayers,
      count: experts.count,
      perToken: experts.perToken,
      intermediateSize: experts.intermediateSize,
    },
  };
}

function layersByWindow({ layers }: DecoderConfig): ModelShape["layers"] {
  const windows = [...new Set(layers.map(({ window }) => window))];
  return windows.map((window) => ({ count: layers.filter((layer) => layer.window === window).length, window }));
}
