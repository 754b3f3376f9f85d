import { EMPTY, type Expression, byteRange, choice, literal, repeat, sequence } from "../../constraints/expression.ts";
import { MAX_DIGITS } from "../json.ts";

/** Bounds of a number; infinite where there is none. */
export interface Bounds {
  readonly low: number;
  readonly lowExcluded: boolean;
  readonly high: number;
  readonly highExcluded: boolean;
}

/** JSON numbers within the bounds, without an exponent: integers, or decimals of at most `MAX_DIGITS` digits. */
export function decimalRange({ low, lowExcluded, high, highExcluded }: Bounds, integer: boolean): Expression {
  const positive = naturalRange(
    { low: Math.max(low, 0), lowExcluded: low >= 0 && lowExcluded, high, highExcluded },
    integer,
  );
  const mirrored = {
    low: Math.max(-high, 0),
    lowExcluded: high >= 0 || highExcluded,
    high: -low,
    highExcluded: lowExcluded,
  };
  return choice(positive, sequence(literal("-"), naturalRange(mirrored, integer)));
}

function naturalRange(bounds: Bounds, integer: boolean): Expression {
  if (bounds.high < bounds.low) return choice();
  const low = new Decimal(bounds.low);
  const high = new Decimal(Math.min(bounds.high, 10 ** MAX_DIGITS - 1));
  const options: Expression[] = [];
  for (let length = low.whole.length; length <= high.whole.length; length++) {
    options.push(new FixedLength(low, high, bounds, integer ? 0 : MAX_DIGITS - length, length).expression());
  }
  return choice(...options);
}

/** Decimal digits of a number >= 0. */
class Decimal {
  readonly whole: string;
  readonly fraction: string;

  constructor(value: number) {
    const [mantissa, exponent = "0"] = String(value).split("e");
    const [whole, fraction = ""] = mantissa.split(".");
    const shift = Number(exponent);
    const digits =
      shift < 0 ? whole.padStart(whole.length - shift, "0") + fraction : whole + fraction.padEnd(shift, "0");
    const point = shift < 0 ? digits.length - fraction.length + shift : whole.length + shift;
    this.whole = digits.slice(0, point).replace(/^0+(?=\d)/, "") || "0";
    this.fraction = digits.slice(point);
  }

  digit(at: number): number {
    return Number((this.whole + this.fraction)[at] ?? 0);
  }

  /** True where all digits from `at` on are 0. */
  endsAt(at: number): boolean {
    return !/[1-9]/.test((this.whole + this.fraction).slice(at));
  }
}

/**
 * Decimals with `length` digits before the point, within bounds. While the digits so far equal a bound's digits, that
 * bound limits the next one: it is tight.
 */
class FixedLength {
  readonly #low: Decimal;
  readonly #high: Decimal;
  readonly #bounds: Bounds;
  readonly #length: number;
  readonly #end: number;
  readonly #made = new Map<string, Expression>();

  constructor(low: Decimal, high: Decimal, bounds: Bounds, fractionDigits: number, length: number) {
    this.#low = low;
    this.#high = high;
    this.#bounds = bounds;
    this.#length = length;
    this.#end = length + fractionDigits;
  }

  expression(): Expression {
    return this.#from(0, this.#low.whole.length === this.#length, this.#high.whole.length === this.#length);
  }

  /** What may follow the first `at` digits. */
  #from(at: number, lowTight: boolean, highTight: boolean): Expression {
    const key = `${at} ${lowTight} ${highTight}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(at, lowTight, highTight);
      this.#made.set(key, made);
    }
    return made;
  }

  #make(at: number, lowTight: boolean, highTight: boolean): Expression {
    const options: Expression[] = [];
    if (at >= this.#length && this.#mayEnd(at, lowTight, highTight)) options.push(EMPTY);
    if (at < this.#end) {
      const more = this.#digits(at, lowTight, highTight);
      options.push(at === this.#length ? sequence(literal("."), more) : more);
    }
    return choice(...options);
  }

  #digits(at: number, lowTight: boolean, highTight: boolean): Expression {
    const free = at > this.#length && !lowTight && !highTight;
    if (free) return repeat(byteRange(0x30, 0x39), 1, this.#end - at);
    const first = Math.max(lowTight ? this.#low.digit(at) : 0, at === 0 && this.#length > 1 ? 1 : 0);
    const last = highTight ? this.#high.digit(at) : 9;
    const options: Expression[] = [];
    for (let digit = first; digit <= last; digit++) {
      const rest = this.#from(
        at + 1,
        lowTight && digit === this.#low.digit(at),
        highTight && digit === this.#high.digit(at),
      );
      options.push(sequence(byteRange(0x30 + digit, 0x30 + digit), rest));
    }
    return choice(...options);
  }

  #mayEnd(at: number, lowTight: boolean, highTight: boolean): boolean {
    const aboveLow = !lowTight || (this.#low.endsAt(at) && !this.#bounds.lowExcluded);
    const belowHigh = !highTight || !this.#high.endsAt(at) || !this.#bounds.highExcluded;
    return aboveLow && belowHigh;
  }
}
