import type { LayerWeights, LazyTensor, Model, Tensor } from "../model.ts";

/**
 * The model with every tensor in memory, read one after the other; tensors that are there stay. A head that is the
 * embedding stays so.
 */
export async function residentModel(model: Model<Tensor | LazyTensor>): Promise<Model> {
  const embedding = await resident(model.embedding);
  const layers: LayerWeights[] = [];
  for (const layer of model.layers) layers.push(await residentLayer(layer));
  const finalNorm = await resident(model.finalNorm);
  const head = model.head === model.embedding ? embedding : await resident(model.head);
  return { config: model.config, embedding, layers, finalNorm, head };
}

async function residentLayer(layer: LayerWeights<Tensor | LazyTensor>): Promise<LayerWeights> {
  const entries: [string, Tensor | null][] = [];
  for (const [name, tensor] of Object.entries(layer) as [string, Tensor | LazyTensor | null][]) {
    entries.push([name, tensor && (await resident(tensor))]);
  }
  return Object.fromEntries(entries) as unknown as LayerWeights;
}

async function resident(tensor: Tensor | LazyTensor): Promise<Tensor> {
  if ("bytes" in tensor) return tensor;
  const { name, dtype, shape } = tensor;
  return { name, dtype, shape, bytes: await tensor.read() };
}
