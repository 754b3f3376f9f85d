/** Checks of options, for callers without a type checker. Each error names the option, the value and what it may be. */
import { InvalidOptionError } from "./errors.ts";
import { nearestName, unknownName } from "./unknown-name.ts";

/** What an option holds: a function, an object with these methods, a list of token ids, or what its user checks. */
export type OptionKind = "function" | "ids" | "other" | readonly string[];

/** Throws `InvalidOptionError` for an option that is not among `kinds`, or holds something else. */
export function checkOptions(options: object, kinds: Readonly<Record<string, OptionKind>>): void {
  if (options === null || typeof options !== "object") {
    throw new InvalidOptionError(`options must be an object, got ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      const known = Object.keys(kinds);
      throw unknownName("option", name, known, `; did you mean ${nearestName(name, known)}?`);
    }
    if (value !== undefined) checkValue(name, value, kinds[name]);
  }
}

/** What integer an option may be. */
export interface IntegerRange {
  readonly least: number;
  /** Default: any safe integer. */
  readonly most?: number;
  /** What else it may be, for the message, such as "null or ". */
  readonly orElse?: string;
}

/** Returns the option's value, an integer in the range. */
export function integerOption(name: string, value: unknown, { least, most, orElse = "" }: IntegerRange): number {
  const isIn = Number.isSafeInteger(value) && (value as number) >= least && !((value as number) > (most ?? Infinity));
  if (isIn) return value as number;
  const range = most === undefined ? `>= ${least}` : `in [${least}, ${most}]`;
  throw new InvalidOptionError(`${name} must be ${orElse}an integer ${range}, got ${shown(value)}`);
}

/** What number an option may be; finite, where nothing else is said. */
export interface NumberRange {
  /** It is greater. */
  readonly above?: number;
  /** It is this or greater. */
  readonly least?: number;
  readonly mayBeInfinite?: boolean;
}

/** Returns the option's value, a number in the range. */
export function numberOption(name: string, value: unknown, { above, least, mayBeInfinite }: NumberRange): number {
  const isNumber = typeof value === "number" && (mayBeInfinite === true || value < Number.POSITIVE_INFINITY);
  if (isNumber && value > (above ?? -Infinity) && value >= (least ?? -Infinity)) return value;
  const range = above === undefined ? `>= ${least}` : `above ${above}`;
  const kind = mayBeInfinite === true ? "" : "a finite number ";
  throw new InvalidOptionError(`${name} must be ${kind}${range}, got ${shown(value)}`);
}

/** The options given, and the defaults of the others: an option that is undefined counts as not given. */
export function withDefaults<T extends object>(defaults: T, given: Partial<T> | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** A value in a message, for people. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? (JSON.stringify(value) ?? "an object") : String(value);
}

function checkValue(name: string, value: unknown, kind: OptionKind): void {
  if (kind === "function") {
    if (typeof value !== "function") throw new InvalidOptionError(`${name} must be a function, got ${shown(value)}`);
  } else if (kind === "ids") checkIds(name, value);
  else if (kind !== "other") checkMethods(name, value, kind);
}

function checkIds(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new InvalidOptionError(`${name} must be an array of token ids, got ${shown(value)}`);
  for (const [i, id] of value.entries()) integerOption(`${name}[${i}]`, id, { least: 0 });
}

function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === null || typeof value !== "object") {
    throw new InvalidOptionError(`${name} must be an object, got ${shown(value)}`);
  }
  // Backends and tokenizers are often made by promises.
  if ("then" in value) throw new InvalidOptionError(`${name} is a promise: await it first`);
  const missing = methods.find((method) => typeof (value as Record<string, unknown>)[method] !== "function");
  if (missing !== undefined) throw new InvalidOptionError(`${name} has no method ${missing}`);
}
