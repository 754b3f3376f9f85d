import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTar } from "../../src/cli/tar.ts";
import { tar } from "../support/tar.ts";

describe("readTar", () => {
  test("gives back any files", () => {
    const names = fc.stringMatching(/^[a-z.]{1,20}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.uint8Array({ maxLength: 1200 }), { noNullPrototype: true }), (files) => {
        const entries = readTar(tar(files)).map(({ name, bytes }) => [name, [...bytes]]);
        expect(Object.fromEntries(entries)).toEqual(
          Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [...bytes]])),
        );
      }),
    );
  });

  test("leaves out what is no regular file", () =>
    expect(readTar(tar({ folder: new Uint8Array(0) }, "5"))).toEqual([]));

  test("refuses what is no archive, and one that is cut short", () => {
    expect(() => readTar(new Uint8Array(1024).fill(65))).toThrow(
      "this is no tar archive: a header's checksum is wrong",
    );
    expect(() => readTar(tar({ "a.so": new Uint8Array(600) }).subarray(0, 1000))).toThrow(
      "the archive ends inside a.so",
    );
  });
});
