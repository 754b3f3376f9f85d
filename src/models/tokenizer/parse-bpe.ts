import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { describe, excerpt, isObject, type JsonObject } from "../../json.ts";
import { Bpe } from "./bpe.ts";
import { PairTable } from "./pair-table.ts";

/**
 * The model "BPE" of a tokenizer.json. `controlIds` are ids that no text becomes. Throws `InvalidModelError` where a
 * merge names a token that is not there, `UnsupportedModelError` for dropout, which draws random numbers.
 */
export function parseBpe(model: JsonObject, controlIds: ReadonlySet<number>): Bpe {
  if (typeof model["dropout"] === "number" && model["dropout"] > 0) {
    throw new UnsupportedModelError(`tokenizer.json: dropout ${excerpt(model["dropout"])} is not implemented`);
  }
  const vocab = model["vocab"];
  if (!isObject(vocab)) {
    throw new InvalidModelError(`tokenizer.json: model.vocab must be an object, ${describe(vocab)}`);
  }
  const all = new Map(Object.entries(vocab) as [string, number][]);
  const tokens: string[] = [];
  for (const [token, id] of all) tokens[id] = token;
  const continuingPrefix = optionalString(model, "continuing_subword_prefix");
  const pairs = readMerges(model["merges"], { all, controlIds, prefixLength: continuingPrefix.length });
  const unknown = model["unk_token"] ?? null;
  return new Bpe({
    tokens,
    vocab: new Map([...all].filter(([, id]) => !controlIds.has(id))),
    find: (left, right) => pairs.find(left, right),
    unknownId: unknown === null ? null : idOfUnknown(all, unknown),
    fuseUnknown: model["fuse_unk"] === true,
    byteFallback: model["byte_fallback"] === true,
    ignoreMerges: model["ignore_merges"] === true,
    continuingPrefix,
    endSuffix: optionalString(model, "end_of_word_suffix"),
  });
}

function optionalString(model: JsonObject, key: string): string {
  const value = model[key] ?? "";
  if (typeof value !== "string") {
    throw new InvalidModelError(`tokenizer.json: model.${key} must be a string, got ${excerpt(value)}`);
  }
  return value;
}

function idOfUnknown(vocab: ReadonlyMap<string, number>, unknown: unknown): number {
  const id = vocab.get(unknown as string);
  if (id === undefined) {
    throw new InvalidModelError(`tokenizer.json: unk_token ${excerpt(unknown)} is not in the vocabulary`);
  }
  return id;
}

interface MergeContext {
  readonly all: ReadonlyMap<string, number>;
  readonly controlIds: ReadonlySet<number>;
  /** Of `continuing_subword_prefix`, which the second of two loses. */
  readonly prefixLength: number;
}

/** Merges are written "a b" or ["a", "b"]; the earlier, the better. Nothing merges to a control token. */
export function readMerges(merges: unknown, { all, controlIds, prefixLength }: MergeContext): PairTable {
  if (!Array.isArray(merges)) {
    throw new InvalidModelError(`tokenizer.json: model.merges must be a list, ${describe(merges)}`);
  }
  const pairs = new PairTable(merges.length);
  for (const [rank, merge] of (merges as unknown[]).entries()) {
    const parts: unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length !== 2 || typeof left !== "string" || typeof right !== "string") {
      throw new InvalidModelError(`tokenizer.json: merge ${rank} is ${excerpt(merge)}, expected two tokens`);
    }
    const ids = [left, right, left + right.slice(prefixLength)].map((token) => {
      const id = all.get(token);
      if (id === undefined) {
        throw new InvalidModelError(
          `tokenizer.json: merge ${rank}, ${excerpt(merge)}: ${excerpt(token)} is not in the vocabulary`,
        );
      }
      return id;
    });
    if (!controlIds.has(ids[2])) pairs.set(ids[0], ids[1], rank, ids[2]);
  }
  return pairs;
}
