import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidModelError, UnsupportedModelError } from "../../src/errors.ts";
import { bytesSource } from "../../src/models/byte-source.ts";
import type { FileTensor } from "../../src/models/file-tensors.ts";
import { MAX_HEADER_BYTES, readSafetensors } from "../../src/models/safetensors.ts";
import { rawSafetensors, safetensors } from "../support/model-files.ts";

const FILE = "model.safetensors";

const readFile = (file: Uint8Array): Promise<Map<string, FileTensor>> => readSafetensors(bytesSource(file), FILE);
const bytesOf = (tensor: FileTensor | undefined): Promise<Uint8Array> =>
  tensor!.source.read(tensor!.begin, tensor!.byteLength);

/** Header of one tensor "w", F32 [2] over 8 bytes, with changes. */
function oneTensor(changes: object = {}): string {
  return JSON.stringify({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes } });
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe("reads", () => {
  test("tensors by name, with their places in the file", async () => {
    const file = safetensors({
      b: { dtype: "BF16", shape: [2, 3], bytes: bytes(12) },
      a: { dtype: "F32", shape: [1], bytes: bytes(4) },
    });
    const tensors = await readFile(file);
    expect([...tensors.keys()]).toEqual(["b", "a"]);
    expect(tensors.get("b")).toMatchObject({ name: "b", dtype: "BF16", shape: [2, 3], byteLength: 12 });
    expect(await bytesOf(tensors.get("b"))).toEqual(bytes(12));
    expect(tensors.get("a")?.begin).toBe(file.length - 4);
  });

  test("the header alone", async () => {
    const file = safetensors({ a: { dtype: "F16", shape: [2000], bytes: bytes(4000) } });
    const read: number[] = [];
    await readSafetensors(
      {
        size: file.length,
        read: (at, length) => (read.push(at + length), Promise.resolve(file.slice(at, at + length))),
      },
      FILE,
    );
    expect(Math.max(...read)).toBe(file.length - 4000);
  });

  test("scalars, empty tensors, padded headers, and types that only a file holds", async () => {
    const header = {
      s: { dtype: "I64", shape: [], data_offsets: [0, 8] },
      e: { dtype: "F32", shape: [0, 2 ** 40], data_offsets: [8, 8] },
      f: { dtype: "F4", shape: [4], data_offsets: [8, 10] },
    };
    const tensors = await readFile(rawSafetensors(`${JSON.stringify(header)}     `, bytes(10)));
    expect([...tensors.values()].map((tensor) => tensor.byteLength)).toEqual([8, 0, 2]);
  });

  test("an empty tensor where another begins, in either order", async () => {
    const [full, empty] = [
      { dtype: "U8", shape: [4], data_offsets: [0, 4] },
      { dtype: "U8", shape: [0], data_offsets: [0, 0] },
    ];
    for (const header of [
      { full, empty },
      { empty, full },
    ]) {
      const tensors = await readFile(rawSafetensors(JSON.stringify(header), bytes(4)));
      expect(tensors.get("full")?.byteLength).toBe(4);
    }
  });

  test("a file without tensors", async () => {
    const { size } = await readFile(rawSafetensors("{}"));
    expect(size).toBe(0);
  });

  test("names that objects have already", async () => {
    const entry = { dtype: "F32", shape: [], data_offsets: [0, 4] };
    const header = `{"__proto__":${JSON.stringify(entry)},"constructor":${JSON.stringify({ ...entry, data_offsets: [4, 8] })}}`;
    const tensors = await readFile(rawSafetensors(header, bytes(8)));
    expect([...tensors.keys()]).toEqual(["__proto__", "constructor"]);
  });
});

describe("refuses", () => {
  const lying = (length: bigint): Uint8Array => {
    const file = rawSafetensors(oneTensor(), bytes(8));
    new DataView(file.buffer).setBigUint64(0, length, true);
    return file;
  };
  const two = (a: readonly number[], b: readonly number[]): string =>
    JSON.stringify({
      a: { dtype: "U8", shape: [a[1] - a[0]], data_offsets: a },
      b: { dtype: "U8", shape: [b[1] - b[0]], data_offsets: b },
    });

  test.each<[string, Uint8Array, string | RegExp]>([
    ["an empty file", new Uint8Array(0), "0 bytes are too few for a safetensors file, the header length alone has 8"],
    [
      "a file shorter than the length",
      bytes(7),
      "7 bytes are too few for a safetensors file, the header length alone has 8",
    ],
    [
      "a length beyond the file",
      lying(1000n),
      "header length 1000 goes beyond the end of the file, which has 70 bytes",
    ],
    [
      "a length over the limit",
      lying(BigInt(MAX_HEADER_BYTES) + 1n),
      "header length 100000001 is over the limit of 100000000 bytes",
    ],
    [
      "the largest length",
      lying(2n ** 64n - 1n),
      "header length 18446744073709551615 is over the limit of 100000000 bytes",
    ],
    ["a length that cuts the header", lying(20n), /^model.safetensors: header: not valid JSON \(/],
    ["a header that is no JSON", rawSafetensors("{w}"), /^model.safetensors: header: not valid JSON \(/],
    ["an empty header", rawSafetensors(""), /^model.safetensors: header: not valid JSON \(/],
    ["a header that is a list", rawSafetensors("[]"), "header: must be a JSON object, got []"],
    ["a header that is null", rawSafetensors("null"), "header: must be a JSON object, got null"],
    ["a header that is no text", rawSafetensors(Uint8Array.of(0x7b, 0xff, 0x7d)), "header: not valid UTF-8"],
    ["a name that is there twice", rawSafetensors(`{"w":{},"\\u0077":{}}`), `header: "\\u0077" is there twice`],
    [
      "a field that is there twice",
      rawSafetensors(`{"w":{"dtype":"F32","dtype":"F16"}}`),
      `header: "dtype" is there twice`,
    ],
    ["an entry that is no object", rawSafetensors(`{"w":3}`), "w must be an object, got 3"],
    ["an unknown dtype", rawSafetensors(oneTensor({ dtype: "Q4_K" }), bytes(8)), 'w has unknown dtype "Q4_K"'],
    [
      "a dtype that objects have already",
      rawSafetensors(oneTensor({ dtype: "toString" }), bytes(8)),
      'w has unknown dtype "toString"',
    ],
    ["a missing dtype", rawSafetensors(oneTensor({ dtype: undefined }), bytes(8)), "w has unknown dtype nothing"],
    [
      "a negative length",
      rawSafetensors(oneTensor({ shape: [-2] }), bytes(8)),
      "w has shape [-2], expected a list of integers from 0",
    ],
    [
      "a fractional length",
      rawSafetensors(oneTensor({ shape: [0.5, 4] }), bytes(8)),
      "w has shape [0.5,4], expected a list of integers from 0",
    ],
    [
      "a shape that is no list",
      rawSafetensors(oneTensor({ shape: 2 }), bytes(8)),
      "w has shape 2, expected a list of integers from 0",
    ],
    [
      "a shape of more bytes",
      rawSafetensors(oneTensor({ shape: [3] }), bytes(8)),
      "w has 8 bytes, F32 of shape [3] needs 12",
    ],
    [
      "a shape of fewer bytes",
      rawSafetensors(oneTensor({ shape: [1] }), bytes(8)),
      "w has 8 bytes, F32 of shape [1] needs 4",
    ],
    [
      "a shape beyond all numbers",
      rawSafetensors(oneTensor({ shape: [2 ** 52, 2 ** 52] }), bytes(8)),
      /^model.safetensors: w has 8 bytes, F32 of shape \[4503599627370496,4503599627370496\] needs /,
    ],
    [
      "one offset",
      rawSafetensors(oneTensor({ data_offsets: [8] }), bytes(8)),
      "w has data_offsets [8], expected two integers from 0",
    ],
    [
      "a negative offset",
      rawSafetensors(oneTensor({ data_offsets: [-8, 0] }), bytes(8)),
      "w has data_offsets [-8,0], expected two integers from 0",
    ],
    [
      "offsets turned round",
      rawSafetensors(oneTensor({ data_offsets: [8, 0] }), bytes(8)),
      "w has data_offsets [8,0], which end before they begin",
    ],
    [
      "truncated data",
      rawSafetensors(oneTensor(), bytes(5)),
      "w ends at byte 8, but the file has only 5 bytes of data: it is truncated or its header lies",
    ],
    [
      "data after the last tensor",
      rawSafetensors(oneTensor(), bytes(9)),
      "bytes 8 to 9 of the data belong to no tensor",
    ],
    [
      "a hole",
      rawSafetensors(two([0, 2], [3, 4]), bytes(4)),
      "bytes 2 to 3 of the data, before b, belong to no tensor",
    ],
    [
      "a hole at the start",
      rawSafetensors(two([2, 3], [1, 2]), bytes(3)),
      "bytes 0 to 1 of the data, before b, belong to no tensor",
    ],
    [
      "a Git LFS pointer",
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
      /^model.safetensors is a Git LFS pointer, not the file itself/,
    ],
    ["an overlap", rawSafetensors(two([0, 3], [2, 4]), bytes(4)), "b overlaps another tensor at byte 2 of the data"],
    [
      "the same bytes twice",
      rawSafetensors(two([0, 4], [0, 4]), bytes(4)),
      "b overlaps another tensor at byte 0 of the data",
    ],
    [
      "a deep value",
      rawSafetensors(`{"w":${"[".repeat(50_000)}${"]".repeat(50_000)}}`),
      "w must be an object, got a value too deep to print",
    ],
  ])("%s", async (_, file, message) => {
    const error: unknown = await readFile(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidModelError);
    expect((error as Error).message).toMatch(typeof message === "string" ? `${FILE}: ${message}` : message);
  });
});

const OUTCOMES = ["read", "refused"];

/** Law of the reader on whatever bytes: an error that is a user's, or tensors that cover the data exactly. */
async function readsOrRefuses(file: Uint8Array): Promise<"read" | "refused"> {
  let tensors: FileTensor[];
  try {
    tensors = [...(await readFile(file)).values()];
  } catch (error) {
    if (error instanceof InvalidModelError || error instanceof UnsupportedModelError) return "refused";
    throw error;
  }
  const data = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  for (const { begin, byteLength } of tensors) {
    expect(begin).toBeGreaterThanOrEqual(data);
    expect(begin + byteLength).toBeLessThanOrEqual(file.length);
  }
  expect(tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0)).toBe(file.length - data);
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
  const piece = fc.constantFrom(
    ...'0123456789-.,:[]{}"\\ eaF'.split(""),
    "null",
    "1e99",
    '"F16"',
    '"a"',
    "[0,24]",
    "[]",
    '"shape"',
    "",
  );
  const edit = fc.record({ at: fc.nat(HEADER.length), length: fc.nat(4), text: piece });

  test("its text", async () => {
    const seen = { read: 0, refused: 0 };
    const law = fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
      let header = HEADER;
      for (const { at, length, text } of edits) header = header.slice(0, at) + text + header.slice(at + length);
      const outcome = await readsOrRefuses(rawSafetensors(header, bytes(34)));
      seen[outcome]++;
    });
    await fc.assert(law, { numRuns: 2000 });
    expect(seen.read).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  });

  test("its fields", async () => {
    const number = fc.oneof(fc.nat(40), fc.integer(), fc.double(), fc.constant(null));
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "F16", "BF16", "U8", "F4", "X"),
      shape: fc.array(number, { maxLength: 3 }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    });
    const header = fc.dictionary(fc.string({ maxLength: 3 }), entry, { maxKeys: 3 });
    const law = fc.asyncProperty(header, fc.nat(40), async (entries, size) => {
      expect(OUTCOMES).toContain(await readsOrRefuses(rawSafetensors(JSON.stringify(entries), bytes(size))));
    });
    await fc.assert(law, { numRuns: 1000 });
  });

  test("its length, and the end of the file", async () => {
    const law = fc.asyncProperty(
      fc.oneof(fc.nat(400).map(BigInt), fc.bigInt(0n, 2n ** 64n - 1n)),
      fc.nat(400),
      async (length, size) => {
        const file = rawSafetensors(HEADER, bytes(34));
        new DataView(file.buffer).setBigUint64(0, length, true);
        expect(OUTCOMES).toContain(await readsOrRefuses(file.subarray(0, size)));
      },
    );
    await fc.assert(law, { numRuns: 1000 });
  });

  test("anything", async () => {
    const law = fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (file) => {
      expect(OUTCOMES).toContain(await readsOrRefuses(file));
    });
    await fc.assert(law, { numRuns: 500 });
  });
});
