import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import type { AdaptedPart, Adapter, Model, Tensor } from "../../../src/model.ts";
import { toFloat32 } from "../../../src/quantization/index.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import { distance, weights } from "../../support/numbers.ts";

const model = randomModel(1);
const RANK = 3;
const SCALE = 0.5;
const PROMPT = [3, 14, 15, 92, 65];

function floats(name: string, shape: readonly number[], values: Float32Array): Tensor {
  return { name, dtype: "F32", shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** An adapter of these matrices in every layer. */
function adapterOf(parts: readonly AdaptedPart[], seed: number): Adapter {
  const layers = model.layers.map((layer, number) => {
    const pairs = parts.map((part, i) => {
      const [out, input] = layer[part].shape;
      const at = seed + 100 * number + 10 * i;
      return [
        part,
        {
          a: floats("a", [RANK, input], weights(RANK * input, at)),
          b: floats("b", [out, RANK], weights(out * RANK, at + 1)),
        },
      ] as const;
    });
    return Object.fromEntries(pairs);
  });
  return { name: "random", scale: SCALE, layers };
}

/** The model with the adapter's products added to its matrices. */
function merged({ layers }: Adapter): Model {
  const mergedLayers = model.layers.map((layer, number) => {
    const changed = Object.entries(layers[number]).map(([part, { a, b }]) => {
      const wide = layer[part as AdaptedPart];
      const [numbers, as, bs] = [toFloat32(wide), toFloat32(a), toFloat32(b)];
      const columns = wide.shape[1];
      for (let i = 0; i < numbers.length; i++) {
        const [row, column] = [Math.floor(i / columns), i % columns];
        for (let r = 0; r < RANK; r++) numbers[i] += SCALE * bs[row * RANK + r] * as[r * columns + column];
      }
      return [part, { ...wide, bytes: new Uint8Array(numbers.buffer) }] as const;
    });
    return { ...layer, ...Object.fromEntries(changed) };
  });
  return { ...model, layers: mergedLayers };
}

async function logitsOf(each: Model, adapters: readonly Adapter[], ids: readonly number[]): Promise<Float32Array[]> {
  const backend = createReferenceBackend({
    model: each,
    blockCount: 32,
    blockSize: 4,
    maxTokens: 32,
    maxRequests: 4,
    keepLogits: true,
    adapters,
  });
  const driver = new PlanDriver(backend);
  const sequences = ids.map((adapterId) => driver.start(PROMPT, { adapterId }));
  const samples = await driver.step(sequences.map((sequence) => ({ sequence })));
  await backend.dispose();
  return samples.map(({ logits }) => logits!);
}

describe("adapters", () => {
  test.each<[string, readonly AdaptedPart[]]>([
    ["attention", ["query", "key", "value", "output"]],
    ["feed-forward", ["gate", "up", "down"]],
    ["one matrix", ["value"]],
  ])("of %s are the model with B · A added to its matrices", async (_, parts) => {
    const adapter = adapterOf(parts, 7);
    const [adapted] = await logitsOf(model, [adapter], [1]);
    const [expected] = await logitsOf(merged(adapter), [], [0]);
    const [plain] = await logitsOf(model, [], [0]);
    expect(distance(adapted, expected)).toBeLessThan(1e-4);
    expect(distance(adapted, plain)).toBeGreaterThan(0.1);
  });

  test("requests of one step have each its own, to the bit", async () => {
    const adapters = [adapterOf(["query", "down"], 7), adapterOf(["value"], 8)];
    const together = await logitsOf(model, adapters, [2, 0, 1, 2]);
    for (const [i, id] of [2, 0, 1, 2].entries()) {
      expect((await logitsOf(model, adapters, [id]))[0]).toEqual(together[i]);
    }
    expect(together[1]).toEqual((await logitsOf(model, [], [0]))[0]);
  });

  test("an id beyond the list is refused", async () => {
    await expect(logitsOf(model, [adapterOf(["value"], 8)], [2])).rejects.toThrow(
      "adapterId must be from 0 to 1, got 2",
    );
    await expect(logitsOf(model, [], [1])).rejects.toThrow("adapterId must be 0 (reference has no adapters), got 1");
  });
});
