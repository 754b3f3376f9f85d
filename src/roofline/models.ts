import { DENSE_MODELS } from "./catalogue/dense.ts";
import { MIXTURE_MODELS } from "./catalogue/mixtures.ts";
import type { ModelShape } from "./shape.ts";
import { unknownName } from "../unknown-name.ts";

const CATALOGUE: readonly ModelShape[] = [...DENSE_MODELS, ...MIXTURE_MODELS];

/** Every model of the catalogue by name, in the order of the documentation. */
export const MODELS: ReadonlyMap<string, ModelShape> = new Map(
  CATALOGUE.map((shape) => [shape.name, Object.freeze(shape)]),
);

/** The model of that name. Throws `InvalidOptionError` that lists the known names. */
export function modelNamed(name: string): ModelShape {
  const shape = MODELS.get(name.toLowerCase());
  if (shape === undefined) throw unknownName("model", name, MODELS.keys(), ", or a Hugging Face config.json");
  return shape;
}
