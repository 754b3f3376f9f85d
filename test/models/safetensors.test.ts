import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { MAX_HEADER_BYTES, parseSafetensors } from "../../src/models/safetensors.ts";
import { rawSafetensors, safetensors } from "../support/model-files.ts";

const FILE = "model.safetensors";

/** Header of one tensor "w", F32 [2] over 8 bytes, with changes. */
function oneTensor(changes: object = {}): string {
  return JSON.stringify({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes } });
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe("reads", () => {
  test("tensors as views into the file, without a copy", () => {
    const file = safetensors({ b: { dtype: "BF16", shape: [2, 3], bytes: bytes(12) }, a: { dtype: "F32", shape: [1], bytes: bytes(4) } });
    const tensors = parseSafetensors(file, FILE);
    expect([...tensors.keys()]).toEqual(["b", "a"]);
    expect(tensors.get("b")).toMatchObject({ name: "b", dtype: "BF16", shape: [2, 3], bytes: bytes(12) });
    expect(tensors.get("a")?.bytes.buffer).toBe(file.buffer);
    expect(tensors.get("a")?.bytes.byteOffset).toBe(file.length - 4);
  });

  test("a view of a larger buffer", () => {
    const file = safetensors({ a: { dtype: "F16", shape: [2], bytes: bytes(4) } });
    const padded = new Uint8Array(file.length + 7);
    padded.set(file, 5);
    expect(parseSafetensors(padded.subarray(5, 5 + file.length), FILE).get("a")?.bytes).toEqual(bytes(4));
  });

  test("scalars, empty tensors, padded headers, and types that only a file holds", () => {
    const header = { s: { dtype: "I64", shape: [], data_offsets: [0, 8] }, e: { dtype: "F32", shape: [0, 2 ** 40], data_offsets: [8, 8] }, f: { dtype: "F4", shape: [4], data_offsets: [8, 10] } };
    const tensors = parseSafetensors(rawSafetensors(`${JSON.stringify(header)}     `, bytes(10)), FILE);
    expect([...tensors.values()].map((tensor) => tensor.bytes.length)).toEqual([8, 0, 2]);
  });

  test("an empty tensor where another begins, in either order", () => {
    const [full, empty] = [{ dtype: "U8", shape: [4], data_offsets: [0, 4] }, { dtype: "U8", shape: [0], data_offsets: [0, 0] }];
    for (const header of [{ full, empty }, { empty, full }]) {
      expect(parseSafetensors(rawSafetensors(JSON.stringify(header), bytes(4)), FILE).get("full")?.bytes).toHaveLength(4);
    }
  });

  test("a file without tensors", () => expect(parseSafetensors(rawSafetensors("{}"), FILE).size).toBe(0));

  test("names that objects have already", () => {
    const entry = { dtype: "F32", shape: [], data_offsets: [0, 4] };
    const header = `{"__proto__":${JSON.stringify(entry)},"constructor":${JSON.stringify({ ...entry, data_offsets: [4, 8] })}}`;
    expect([...parseSafetensors(rawSafetensors(header, bytes(8)), FILE).keys()]).toEqual(["__proto__", "constructor"]);
  });
});

describe("refuses", () => {
  const lying = (length: bigint): Uint8Array => {
    const file = rawSafetensors(oneTensor(), bytes(8));
    new DataView(file.buffer).setBigUint64(0, length, true);
    return file;
  };
  const two = (a: readonly number[], b: readonly number[]): string =>
    JSON.stringify({ a: { dtype: "U8", shape: [a[1] - a[0]], data_offsets: a }, b: { dtype: "U8", shape: [b[1] - b[0]], data_offsets: b } });

  test.each<[string, Uint8Array, string | RegExp]>([
    ["an empty file", new Uint8Array(0), "0 bytes are too few for a safetensors file, the header length alone has 8"],
    ["a file shorter than the length", bytes(7), "7 bytes are too few for a safetensors file, the header length alone has 8"],
    ["a length beyond the file", lying(1000n), "header length 1000 goes beyond the end of the file, which has 70 bytes"],
    ["a length over the limit", lying(BigInt(MAX_HEADER_BYTES) + 1n), "header length 100000001 is over the limit of 100000000 bytes"],
    ["the largest length", lying(2n ** 64n - 1n), "header length 18446744073709551615 is over the limit of 100000000 bytes"],
    ["a length that cuts the header", lying(20n), /^model.safetensors: header: not valid JSON \(/],
    ["a header that is no JSON", rawSafetensors("{w}"), /^model.safetensors: header: not valid JSON \(/],
    ["an empty header", rawSafetensors(""), /^model.safetensors: header: not valid JSON \(/],
    ["a header that is a list", rawSafetensors("[]"), "header: must be a JSON object, got []"],
    ["a header that is null", rawSafetensors("null"), "header: must be a JSON object, got null"],
    ["a header that is no text", rawSafetensors(Uint8Array.of(0x7b, 0xff, 0x7d)), "header: not valid UTF-8"],
    ["a name that is there twice", rawSafetensors(`{"w":{},"\\u0077":{}}`), `header: "\\u0077" is there twice`],
    ["a field that is there twice", rawSafetensors(`{"w":{"dtype":"F32","dtype":"F16"}}`), `header: "dtype" is there twice`],
    ["an entry that is no object", rawSafetensors(`{"w":3}`), "w must be an object, got 3"],
    ["an unknown dtype", rawSafetensors(oneTensor({ dtype: "Q4_K" }), bytes(8)), 'w has unknown dtype "Q4_K"'],
    ["a dtype that objects have already", rawSafetensors(oneTensor({ dtype: "toString" }), bytes(8)), 'w has unknown dtype "toString"'],
    ["a missing dtype", rawSafetensors(oneTensor({ dtype: undefined }), bytes(8)), "w has unknown dtype nothing"],
    ["a negative length", rawSafetensors(oneTensor({ shape: [-2] }), bytes(8)), "w has shape [-2], expected a list of integers from 0"],
    ["a fractional length", rawSafetensors(oneTensor({ shape: [0.5, 4] }), bytes(8)), "w has shape [0.5,4], expected a list of integers from 0"],
    ["a shape that is no list", rawSafetensors(oneTensor({ shape: 2 }), bytes(8)), "w has shape 2, expected a list of integers from 0"],
    ["a shape of more bytes", rawSafetensors(oneTensor({ shape: [3] }), bytes(8)), "w has 8 bytes, F32 of shape [3] needs 12"],
    ["a shape of fewer bytes", rawSafetensors(oneTensor({ shape: [1] }), bytes(8)), "w has 8 bytes, F32 of shape [1] needs 4"],
    ["a shape beyond all numbers", rawSafetensors(oneTensor({ shape: [2 ** 52, 2 ** 52] }), bytes(8)), /^model.safetensors: w has 8 bytes, F32 of shape \[4503599627370496,4503599627370496\] needs /],
    ["one offset", rawSafetensors(oneTensor({ data_offsets: [8] }), bytes(8)), "w has data_offsets [8], expected two integers from 0"],
    ["a negative offset", rawSafetensors(oneTensor({ data_offsets: [-8, 0] }), bytes(8)), "w has data_offsets [-8,0], expected two integers from 0"],
    ["offsets turned round", rawSafetensors(oneTensor({ data_offsets: [8, 0] }), bytes(8)), "w has data_offsets [8,0], which end before they begin"],
    ["truncated data", rawSafetensors(oneTensor(), bytes(5)), "w ends at byte 8, but the file has only 5 bytes of data: it is truncated or its header lies"],
    ["data after the last tensor", rawSafetensors(oneTensor(), bytes(9)), "bytes 8 to 9 of the data belong to no tensor"],
    ["a hole", rawSafetensors(two([0, 2], [3, 4]), bytes(4)), "bytes 2 to 3 of the data, before b, belong to no tensor"],
    ["a hole at the start", rawSafetensors(two([2, 3], [1, 2]), bytes(3)), "bytes 0 to 1 of the data, before b, belong to no tensor"],
    ["an overlap", rawSafetensors(two([0, 3], [2, 4]), bytes(4)), "b overlaps another tensor at byte 2 of the data"],
    ["the same bytes twice", rawSafetensors(two([0, 4], [0, 4]), bytes(4)), "b overlaps another tensor at byte 0 of the data"],
    ["a deep value", rawSafetensors(`{"w":${"[".repeat(50_000)}${"]".repeat(50_000)}}`), "w must be an object, got a value too deep to print"],
  ])("%s", (_, file, message) => {
    const parse = () => parseSafetensors(file, FILE);
    expect(parse).toThrow(InvalidModelError);
    expect(parse).toThrow(typeof message === "string" ? new InvalidModelError(`${FILE}: ${message}`) : message);
  });
});

const OUTCOMES = ["read", "refused"];

/** Law of the reader on whatever bytes: an error that is a user's, or views that cover the data exactly. */
function readsOrRefuses(file: Uint8Array): "read" | "refused" {
  let tensors;
  try {
    tensors = [...parseSafetensors(file, FILE).values()];
  } catch (error) {
    if (error instanceof InvalidModelError) return "refused";
    throw error;
  }
  const data = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  for (const { bytes: view } of tensors) {
    expect(view.buffer).toBe(file.buffer);
    expect(view.byteOffset).toBeGreaterThanOrEqual(file.byteOffset + data);
  }
  expect(tensors.reduce((sum, tensor) => sum + tensor.bytes.length, 0)).toBe(file.length - data);
  return "read";
}

const HEADER = JSON.stringify({
  __metadata__: { format: "pt" },
  a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
  c: { dtype: "F16", shape: [], data_offsets: [32, 34] },
});

describe("with a header that was changed at random, reads or refuses", () => {
  /** Pieces that keep a text near JSON, so that changes reach the deeper checks. */
  const piece = fc.constantFrom(..."0123456789-.,:[]{}\"\\ eaF".split(""), "null", "1e99", '"F16"', '"a"', "[0,24]", "[]", '"shape"', "");
  const edit = fc.record({ at: fc.nat(HEADER.length), length: fc.nat(4), text: piece });

  test("its text", () => {
    const seen = { read: 0, refused: 0 };
    const law = fc.property(fc.array(edit, { maxLength: 3 }), (edits) => {
      let header = HEADER;
      for (const { at, length, text } of edits) header = header.slice(0, at) + text + header.slice(at + length);
      seen[readsOrRefuses(rawSafetensors(header, bytes(34)))]++;
    });
    fc.assert(law, { numRuns: 2000 });
    expect(seen.read).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  });

  test("its fields", () => {
    const number = fc.oneof(fc.nat(40), fc.integer(), fc.double(), fc.constant(null));
    const entry = fc.record({ dtype: fc.constantFrom("F32", "F16", "BF16", "U8", "F4", "X"), shape: fc.array(number, { maxLength: 3 }), data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }) });
    const header = fc.dictionary(fc.string({ maxLength: 3 }), entry, { maxKeys: 3 });
    const law = fc.property(header, fc.nat(40), (entries, size) => {
      expect(OUTCOMES).toContain(readsOrRefuses(rawSafetensors(JSON.stringify(entries), bytes(size))));
    });
    fc.assert(law, { numRuns: 1000 });
  });

  test("its length, and the end of the file", () => {
    const law = fc.property(fc.oneof(fc.nat(400).map(BigInt), fc.bigInt(0n, 2n ** 64n - 1n)), fc.nat(400), (length, size) => {
      const file = rawSafetensors(HEADER, bytes(34));
      new DataView(file.buffer).setBigUint64(0, length, true);
      expect(OUTCOMES).toContain(readsOrRefuses(file.subarray(0, size)));
    });
    fc.assert(law, { numRuns: 1000 });
  });

  test("anything", () => {
    const law = fc.property(fc.uint8Array({ maxLength: 64 }), (file) => {
      expect(OUTCOMES).toContain(readsOrRefuses(file));
    });
    fc.assert(law, { numRuns: 500 });
  });
});
