import { InvalidArgumentError } from "commander";

/** Options' texts to numbers. Commander puts the option's name and the text before the message of the error. */

/** Parser of integers in [low, high]: digits only, because "1e3", "0x10" and " 5" may be typos. */
export function integer(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(
      high === Number.MAX_SAFE_INTEGER
        ? `It must be an integer >= ${low}.`
        : `It must be an integer from ${low} to ${high}.`,
    );
  };
}

/** Parser of decimal numbers that `allowed` accepts; `range` describes them in words. */
export function decimal(range: string, allowed: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value) && allowed(value)) return value;
    throw new InvalidArgumentError(`It must be a number ${range}.`);
  };
}

/** Collects the values of an option that may be given several times. */
export function several(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** The same, for texts that must not be empty. */
export function severalNonEmpty(value: string, before: readonly string[] | undefined): string[] {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  return several(value, before);
}

/** Parser of one value, or of several with commas between. */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (values) => values.split(",").map((value) => parse(value.trim()));
}
