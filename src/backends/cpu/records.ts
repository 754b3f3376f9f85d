import { REAL_FIELDS, RECORDS } from "./module.ts";

export type RecordName = keyof typeof RECORDS;
export type Fields<Name extends RecordName> = Partial<Record<(typeof RECORDS)[Name][number], number>>;

/** Bytes of a record: its fields have 4 each. */
export function recordBytes(name: RecordName): number {
  return 4 * RECORDS[name].length;
}

/** Bytes from a record's start to one of its fields. */
export function fieldOffset<Name extends RecordName>(name: Name, field: (typeof RECORDS)[Name][number]): number {
  return 4 * (RECORDS[name] as readonly string[]).indexOf(field);
}

/** Writes fields of the record at `address`; the others stay. */
export function writeRecord<Name extends RecordName>(
  buffer: ArrayBufferLike,
  name: Name,
  address: number,
  fields: Fields<Name>,
): void {
  const count = RECORDS[name].length;
  const integers = new Uint32Array(buffer, address, count);
  const reals = new Float32Array(buffer, address, count);
  RECORDS[name].forEach((field, i) => {
    const value = (fields as Partial<Record<string, number>>)[field];
    if (value === undefined) return;
    if (REAL_FIELDS.includes(field)) reals[i] = value;
    else integers[i] = value;
  });
}
