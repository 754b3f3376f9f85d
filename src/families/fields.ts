import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { describe, excerpt, isObject, type JsonObject } from "../json.ts";

/** Largest size, id or position: they travel in signed 32-bit columns. */
const MAX_INTEGER = 2 ** 31 - 1;

/** Where the keys come from: config.json, or a GGUF file that has other names for them. */
export type FieldFormat = "config" | "gguf";

/** How a `Fields` is read, beside its values. */
export interface FieldsOptions {
  /** In front of each key in a message. Default none. */
  readonly prefix?: string;
  /** Names of the keys in the file; a key without a name is absent. Default each key itself. */
  readonly names?: Readonly<Record<string, string>>;
}

/**
 * Reads typed values out of a JSON object; every error names the file, the key and the value. An absent key and `null`
 * are the same, as Hugging Face has it. Keys have their names in config.json, whatever the file calls them.
 */
export class Fields {
  readonly file: string;
  readonly format: FieldFormat;
  readonly #object: JsonObject;
  readonly #prefix: string;
  readonly #names: Readonly<Record<string, string>> | null;
  readonly #read = new Set<string>();

  constructor(object: JsonObject, file: string, { prefix = "", names }: FieldsOptions = {}) {
    this.#object = object;
    this.file = file;
    this.format = names === undefined ? "config" : "gguf";
    this.#prefix = prefix;
    this.#names = names ?? null;
  }

  get(key: string): unknown {
    this.#read.add(key);
    const name = this.#nameOf(key);
    return Object.hasOwn(this.#object, name) ? (this.#object[name] ?? undefined) : undefined;
  }

  /** Whether the file has the key with the value `null`, which switches some things off. */
  isNull(key: string): boolean {
    const name = this.#nameOf(key);
    return Object.hasOwn(this.#object, name) && this.#object[name] === null;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Whether that key has been asked for. */
  wasRead(key: string): boolean {
    return this.#read.has(key);
  }

  /** The object under that key, as fields of their own; `undefined` where it is absent. */
  nested(key: string): Fields | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) this.fail(key, "an object or null", value);
    return new Fields(value, this.file, { prefix: `${this.#prefix}${key}.` });
  }

  /** An integer from 1 to 2^31 - 1. */
  positiveInteger(key: string, fallback?: number): number {
    return this.#value(key, fallback, "a positive integer", (value) => isIntegerIn(value, 1));
  }

  /** A finite number above 0. */
  positiveNumber(key: string, fallback?: number): number {
    return this.#value(key, fallback, "a positive number", (value) => Number.isFinite(value) && (value as number) > 0);
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.#value(key, fallback, "true or false", (value) => typeof value === "boolean");
  }

  string(key: string, fallback?: string): string {
    return this.#value(key, fallback, "a string", (value) => typeof value === "string");
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

  /** A finite number from 0 on. */
  notNegative(key: string, fallback?: number): number {
    return this.#value(key, fallback, "a number from 0", (value) => Number.isFinite(value) && (value as number) >= 0);
  }

  /** A list of `count` positive numbers; `undefined` where the key is absent. */
  positiveNumbers(key: string, count: number): readonly number[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const ok =
      Array.isArray(value) && value.length === count && value.every((x) => Number.isFinite(x) && (x as number) > 0);
    if (!ok) this.fail(key, `a list of ${count} positive numbers`, value);
    return value as number[];
  }

  /** A list of names, one for each of `count` things; `undefined` where the key is absent. */
  names(key: string, count: number): readonly string[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const ok = Array.isArray(value) && value.length === count && value.every((name) => typeof name === "string");
    if (!ok) this.fail(key, `a list of ${count} names`, value);
    return value;
  }

  /** Throws `InvalidModelError`: "config.json: hidden_size must be a positive integer, got -1". */
  fail(key: string, wanted: string, value: unknown): never {
    throw new InvalidModelError(`${this.file}: ${this.spell(key)} must be ${wanted}, ${describe(value)}`);
  }

  /** Throws `UnsupportedModelError`: `config.json: hidden_act "relu" is not implemented, only silu`. */
  unsupported(key: string, value: unknown, only: string): never {
    throw new UnsupportedModelError(
      `${this.file}: ${this.spell(key)} ${excerpt(value)} is not implemented, only ${only}`,
    );
  }

  /** The key as the file has it. */
  spell(key: string): string {
    return `${this.#prefix}${this.#nameOf(key)}`;
  }

  #nameOf(key: string): string {
    return this.#names === null ? key : (this.#names[key] ?? key);
  }

  #value<T>(key: string, fallback: T | undefined, wanted: string, accepts: (value: unknown) => boolean): T {
    const value = this.get(key) ?? fallback;
    if (!accepts(value)) this.fail(key, wanted, value);
    return value as T;
  }
}

function isIntegerIn(value: unknown, low: number): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= MAX_INTEGER;
}
