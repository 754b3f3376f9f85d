import { InvalidModelError } from "../errors.ts";
import { describe, type JsonObject } from "./json.ts";

/** Largest size, id or position: they travel in signed 32-bit columns. */
const MAX_INTEGER = 2 ** 31 - 1;

/**
 * Reads typed values out of a JSON object; every error names the file, the key and the value. An absent key and `null` are
 * the same, as Hugging Face has it.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #file: string;
  readonly #prefix: string;

  constructor(object: JsonObject, file: string, prefix = "") {
    this.#object = object;
    this.#file = file;
    this.#prefix = prefix;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? (this.#object[key] ?? undefined) : undefined;
  }

  /** An integer from 1 to 2^31 - 1. */
  positiveInteger(key: string, fallback?: number): number {
    return this.#read(key, fallback, "a positive integer", (value) => isIntegerIn(value, 1));
  }

  /** A finite number above 0. */
  positiveNumber(key: string, fallback?: number): number {
    return this.#read(key, fallback, "a positive number", (value) => Number.isFinite(value) && (value as number) > 0);
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.#read(key, fallback, "true or false", (value) => typeof value === "boolean");
  }

  string(key: string, fallback?: string): string {
    return this.#read(key, fallback, "a string", (value) => typeof value === "string");
  }

  /** One id or a list of ids, each from 0 to `vocabSize - 1`; `undefined` where the key is absent. */
  tokenIds(key: string, vocabSize: number): readonly number[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    const ok = ids.every((id) => isIntegerIn(id, 0) && (id as number) < vocabSize);
    if (!ok) this.fail(key, `an id or a list of ids from 0 to ${vocabSize - 1}`, value);
    return ids as number[];
  }

  /** Throws `InvalidModelError`: "config.json: hidden_size must be a positive integer, got -1". */
  fail(key: string, wanted: string, value: unknown): never {
    throw new InvalidModelError(`${this.#file}: ${this.#prefix}${key} must be ${wanted}, ${describe(value)}`);
  }

  #read<T>(key: string, fallback: T | undefined, wanted: string, accepts: (value: unknown) => boolean): T {
    const value = this.get(key) ?? fallback;
    if (!accepts(value)) this.fail(key, wanted, value);
    return value as T;
  }
}

function isIntegerIn(value: unknown, low: number): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= MAX_INTEGER;
}
