import type { InvalidModelError, InvalidOptionError } from "../errors.ts";

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Typed reading of an untrusted JSON object: every complaint names the object, the key and the value. */
export class JsonFields {
  readonly what: string;
  readonly #object: JsonObject;
  readonly #error: typeof InvalidModelError | typeof InvalidOptionError;

  /** `what` names the object in messages; `error` is what a complaint throws. */
  constructor(what: string, value: unknown, error: typeof InvalidModelError | typeof InvalidOptionError) {
    this.what = what;
    this.#error = error;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new error(`${what} must be a JSON object, got ${describe(value)}`);
    this.#object = value as JsonObject;
  }

  /** The first of `keys` that is there and not null, with its value; `undefined` where none is. */
  find(keys: readonly string[]): { readonly key: string; readonly value: unknown } | undefined {
    const key = keys.find((name) => this.#object[name] !== undefined && this.#object[name] !== null);
    return key === undefined ? undefined : { key, value: this.#object[key] };
  }

  has(key: string): boolean {
    return this.find([key]) !== undefined;
  }

  /** A positive integer under one of `keys`; `fallback` where none is there, or a complaint without one. */
  count(keys: readonly string[], fallback?: number): number {
    const found = this.find(keys);
    if (found === undefined) return this.#missing(keys, fallback);
    if (!Number.isSafeInteger(found.value) || (found.value as number) < 1) throw this.wrong(found.key, "a positive integer", found.value);
    return found.value as number;
  }

  /** A finite number above 0 under `key`; `fallback` where it is absent, or a complaint without one. */
  positive(key: string, fallback?: number): number {
    return this.#number(key, fallback, (value) => value > 0, "a finite number above 0");
  }

  /** The same of a finite number that may be 0. */
  notNegative(key: string, fallback?: number): number {
    return this.#number(key, fallback, (value) => value >= 0, "a finite number >= 0");
  }

  flag(key: string, fallback: boolean): boolean {
    const found = this.find([key]);
    if (found === undefined) return fallback;
    if (typeof found.value !== "boolean") throw this.wrong(key, "true or false", found.value);
    return found.value;
  }

  text(key: string, fallback?: string): string {
    const found = this.find([key]);
    if (found === undefined) return this.#missing([key], fallback);
    if (typeof found.value !== "string") throw this.wrong(key, "a string", found.value);
    return found.value;
  }

  /** The complaint that `key` holds something else than `expected`. */
  wrong(key: string, expected: string, value: unknown): InvalidModelError | InvalidOptionError {
    return new this.#error(`${this.what}: "${key}" must be ${expected}, got ${describe(value)}`);
  }

  #number(key: string, fallback: number | undefined, allowed: (value: number) => boolean, expected: string): number {
    const found = this.find([key]);
    if (found === undefined) return this.#missing([key], fallback);
    if (typeof found.value !== "number" || !Number.isFinite(found.value) || !allowed(found.value)) throw this.wrong(key, expected, found.value);
    return found.value;
  }

  #missing<T>(keys: readonly string[], fallback: T | undefined): T {
    if (fallback === undefined) throw new this.#error(`${this.what}: "${keys.join('" or "')}" is missing`);
    return fallback;
  }
}

/** Longest value that a message quotes: enough to recognize it. */
const MAX_QUOTED = 60;

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}
