/**
 * Model files with a few bytes changed, cut or inserted: never a crash or a hang, and what is refused is refused in one
 * sentence that names the thing. A few hundred here; more run as `npm run soak -- mutated`.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BstarError } from "../src/errors.ts";
import { type ByteSource, bytesSource, loadGguf, loadModelFromFiles } from "../src/models/index.ts";
import { FAMILY_CASES, fileOf } from "./support/family-cases.ts";
import { modelFiles } from "./support/model-files.ts";
import { soakCount } from "./support/soak.ts";

const RUNS = soakCount(120);

/** Changes near the beginning, where headers are, are likelier. */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.nat(400) },
  { weight: 2, arbitrary: fc.nat(8000) },
  { weight: 1, arbitrary: fc.nat(1_000_000) },
);
const values = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x5b, 0x7b, 0x7d), fc.nat(255));
const mutation = fc.record({
  at: place,
  kind: fc.constantFrom("set", "set", "set", "cut", "insert", "end"),
  bytes: fc.array(values, { minLength: 1, maxLength: 8 }),
});
type Mutation = { readonly at: number; readonly kind: string; readonly bytes: readonly number[] };

function mutated(file: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let bytes = file;
  for (const { at: wished, kind, bytes: change } of mutations) {
    const at = wished % Math.max(1, bytes.length);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (kind === "end") bytes = before;
    else if (kind === "cut") bytes = joined(before, after.subarray(change.length));
    else bytes = joined(before, change, kind === "set" ? after.subarray(change.length) : after);
  }
  return bytes;
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Loads, or refuses with an error of the library that is one short line. */
async function loadsOrRefuses(load: () => Promise<unknown>): Promise<"loaded" | "refused"> {
  try {
    await load();
    return "loaded";
  } catch (error) {
    if (!(error instanceof BstarError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
    return "refused";
  }
}

/** A source that counts what is asked of it at a time. */
function watched(bytes: Uint8Array): { source: ByteSource; largest: () => number } {
  let most = 0;
  const source = bytesSource(bytes);
  return {
    source: { size: source.size, read: (at, length) => ((most = Math.max(most, length)), source.read(at, length)) },
    largest: () => most,
  };
}

describe("mutated files", () => {
  test("GGUF", async () => {
    const { bytes } = fileOf({ ...FAMILY_CASES[0], options: { layerCount: 1 } });
    const outcomes = { loaded: 0, refused: 0 };
    const law = fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const file = mutated(bytes, mutations);
      const { source, largest } = watched(file);
      outcomes[await loadsOrRefuses(() => loadGguf(source, "mutated.gguf"))]++;
      expect(largest()).toBeLessThanOrEqual(file.length);
    });
    await fc.assert(law, { numRuns: RUNS });
    expect(Math.min(outcomes.loaded, outcomes.refused)).toBeGreaterThan(0);
  });

  test.each(["model.safetensors", "config.json", "tokenizer.json"])("%s", async (name) => {
    const files = modelFiles();
    const law = fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const file = mutated(files[name], mutations);
      await loadsOrRefuses(() =>
        loadModelFromFiles("mutated", (each) => Promise.resolve(each === name ? file : (files[each] ?? null))),
      );
    });
    await fc.assert(law, { numRuns: RUNS });
  });

  test.each(["model.safetensors", "config.json", "tokenizer.json"])(
    "a Git LFS pointer in the place of %s is called one",
    async (name) => {
      const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n");
      const load = loadModelFromFiles("pointer", (each) =>
        Promise.resolve(each === name ? pointer : (modelFiles()[each] ?? null)),
      );
      await expect(load).rejects.toThrow(`${name} is a Git LFS pointer`);
    },
  );
});
