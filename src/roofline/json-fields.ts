import type { InvalidOptionError } from "../errors.ts";

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Typed reading of an untrusted JSON object: every complaint names the object, the key and the value. */
export class JsonFields {
  readonly what: string;
  readonly #object: JsonObject;
  readonly #error: typeof InvalidOptionError;

  /** `what` names the object in messages; `error` is what a complaint throws. */
  constructor(what: string, value: unknown, error: typeof InvalidOptionError) {
    this.what = what;
    this.#error = error;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new error(`${what} must be a JSON object, got ${describe(value)}`);
    }
    this.#object = value as JsonObject;
  }

  /** The value under `key`; `undefined` where there is none, or null. */
  find(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? (this.#object[key] ?? undefined) : undefined;
  }

  /** A number in [least, most] under `key`; `fallback` where it is absent, or a complaint without one. */
  within(key: string, [least, most]: readonly [least: number, most: number], fallback?: number): number {
    const value = this.find(key);
    if (value === undefined) return this.#missing(key, fallback);
    if (typeof value === "number" && value >= least && value <= most) return value;
    throw this.#wrong(key, `a number from ${least} to ${most}`, value);
  }

  text(key: string, fallback: string): string {
    const value = this.find(key) ?? fallback;
    if (typeof value !== "string") throw this.#wrong(key, "a string", value);
    return value;
  }

  /** Throws a complaint about the first key that is not among `known`. */
  only(known: readonly string[]): void {
    const stranger = Object.keys(this.#object).find((key) => !known.includes(key));
    if (stranger !== undefined) {
      throw new this.#error(`${this.what}: unknown key "${stranger}"; known: ${known.join(", ")}`);
    }
  }

  /** The complaint that `key` holds something else than `expected`. */
  #wrong(key: string, expected: string, value: unknown): InvalidOptionError {
    return new this.#error(`${this.what}: "${key}" must be ${expected}, got ${describe(value)}`);
  }

  #missing<T>(key: string, fallback: T | undefined): T {
    if (fallback === undefined) throw new this.#error(`${this.what}: "${key}" is missing`);
    return fallback;
  }
}

/** Longest value that a message quotes: enough to recognize it. */
const MAX_QUOTED = 60;

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}
