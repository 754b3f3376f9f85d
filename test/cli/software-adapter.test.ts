import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findSoftwareArchive, unpackSoftwareDriver } from "../../src/cli/software-adapter.ts";
import { readTar } from "../../src/cli/tar.ts";
import { tar } from "../support/tar.ts";

const FILES = { "libvulkan.so.1": 5, "libvk_swiftshader.so": 700, "vk_swiftshader_icd.json": 20, "libEGL.so": 3 };

describe("unpackSoftwareDriver", () => {
  let root: string;
  let archive: string;
  let cache: string;
  const write = (fill: number): void => {
    const files = Object.fromEntries(
      Object.entries(FILES).map(([name, size]) => [name, new Uint8Array(size).fill(fill)]),
    );
    writeFileSync(archive, brotliCompressSync(tar(files)));
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bstar-test-"));
    archive = join(root, "driver.tar.br");
    cache = join(root, "cache");
    write(1);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("unpacks what is needed to a folder of this user's alone, and leaves nothing else there", () => {
    const { folder } = unpackSoftwareDriver(archive, cache);
    expect(readdirSync(folder).toSorted()).toEqual([
      "libvk_swiftshader.so",
      "libvulkan.so.1",
      "manifest.json",
      "vk_swiftshader_icd.json",
    ]);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(statSync(cache).mode & 0o077).toBe(0);
  });

  test("takes what is there already, and makes anew what was changed", () => {
    const { folder } = unpackSoftwareDriver(archive, cache);
    const library = join(folder, "libvulkan.so.1");
    const { mtimeMs } = statSync(library);
    expect(unpackSoftwareDriver(archive, cache)).toEqual({ folder });
    expect(statSync(library).mtimeMs).toBe(mtimeMs);
    writeFileSync(library, "other");
    unpackSoftwareDriver(archive, cache);
    expect([...readFileSync(library)]).toEqual([1, 1, 1, 1, 1]);
  });

  test("has a folder for each version", () => {
    const first = unpackSoftwareDriver(archive, cache);
    write(2);
    expect(unpackSoftwareDriver(archive, cache)).not.toEqual(first);
    expect(existsSync(first.folder)).toBe(true);
  });

  test("does not trust a folder that others can write to", () => {
    const { folder } = unpackSoftwareDriver(archive, cache);
    writeFileSync(join(folder, "left-by-others"), "");
    chmodSync(cache, 0o777);
    unpackSoftwareDriver(archive, cache);
    expect(statSync(cache).mode & 0o077).toBe(0);
    expect(readdirSync(folder)).not.toContain("left-by-others");
  });
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "the package of the checkout still has the archive (skipped where it would not run)",
  () => {
    const archive = findSoftwareArchive();
    expect(archive).not.toBeNull();
    const names = readTar(brotliDecompressSync(readFileSync(archive!))).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"]),
    );
  },
);

test("there is no software adapter for other systems", () => {
  expect(findSoftwareArchive("darwin", "x64")).toBeNull();
  expect(findSoftwareArchive("linux", "arm64")).toBeNull();
});
