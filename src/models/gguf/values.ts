import type { HeaderReader } from "./reader.ts";

/** A metadata value: 8- and 16-bit arrays are typed arrays, other ones lists. Integers beyond 2^53 are bigints. */
export type GgufValue =
  | number
  | bigint
  | boolean
  | string
  | readonly GgufValue[]
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array;

const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

/** Least bytes of one element, by value type. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  8: 8,
  10: 8,
  11: 8,
  12: 8,
};

type ReadNumber = (view: DataView, at: number) => number | bigint;

const NUMBERS: Readonly<Record<number, ReadNumber>> = {
  0: (view, at) => view.getUint8(at),
  1: (view, at) => view.getInt8(at),
  2: (view, at) => view.getUint16(at, true),
  3: (view, at) => view.getInt16(at, true),
  4: (view, at) => view.getUint32(at, true),
  5: (view, at) => view.getInt32(at, true),
  6: (view, at) => view.getFloat32(at, true),
  7: (view, at) => view.getUint8(at),
  10: (view, at) => narrowed(view.getBigUint64(at, true)),
  11: (view, at) => narrowed(view.getBigInt64(at, true)),
  12: (view, at) => view.getFloat64(at, true),
};

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Reads a value of that type. Throws `InvalidModelError` that names the key. */
export function readValue(reader: HeaderReader, type: number, key: string): GgufValue {
  if (type === ARRAY) return readArray(reader, key);
  if (type === STRING) return reader.text(key);
  if (!Object.hasOwn(NUMBERS, type)) reader.fail(`${key} has value type ${type}, which GGUF does not have`);
  const value = NUMBERS[type](reader.numbers(ELEMENT_BYTES[type], key), 0);
  if (type !== BOOL) return value;
  return value === 1 || value === 0 ? value === 1 : reader.fail(`${key} is the boolean ${value}, expected 0 or 1`);
}

function readArray(reader: HeaderReader, key: string): GgufValue {
  const type = reader.u32(`the element type of ${key}`);
  if (type === ARRAY) reader.fail(`${key} is an array of arrays, which is over the limit of one level`);
  if (!Object.hasOwn(ELEMENT_BYTES, type)) {
    reader.fail(`${key} has elements of value type ${type}, which GGUF does not have`);
  }
  const count = reader.count(`the length of ${key}`, ELEMENT_BYTES[type]);
  if (type === STRING) return readStrings(reader, count, key);
  const view = reader.numbers(count * ELEMENT_BYTES[type], key);
  const small = smallArray(type, count);
  const values: (number | bigint)[] | NonNullable<typeof small> = small ?? [];
  for (let i = 0; i < count; i++) values[i] = NUMBERS[type](view, i * ELEMENT_BYTES[type]) as number;
  return values;
}

/** Where a list would take many times the file's bytes. */
function smallArray(type: number, count: number): Uint8Array | Int8Array | Uint16Array | Int16Array | null {
  if (type === 0 || type === BOOL) return new Uint8Array(count);
  if (type === 1) return new Int8Array(count);
  if (type === 2) return new Uint16Array(count);
  return type === 3 ? new Int16Array(count) : null;
}

function readStrings(reader: HeaderReader, count: number, key: string): string[] {
  const strings: string[] = [];
  for (let i = 0; i < count; i++) strings.push(reader.text(`element ${i} of ${key}`));
  return strings;
}
