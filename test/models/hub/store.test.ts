import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DownloadError } from "../../../src/errors.ts";
import { download, isStored } from "../../../src/models/hub/store.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "bstar-store-"))));
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});

const url = new URL("https://a.test/x.bin?signature=s");
const answer = (body: string, init: ResponseInit = {}): void =>
  void vi.stubGlobal("fetch", async () => new Response(body, init));

test("is written beside and renamed; a second time nothing is asked", async () => {
  const path = join(folder, "deep", "x.bin");
  answer("hello");
  await download(path, { url, size: 5, etag: '"e1"' });
  expect(readFileSync(path, "utf8")).toBe("hello");
  expect(readdirSync(join(folder, "deep")).toSorted()).toEqual([".x.bin.json", "x.bin"]);
  answer("", { status: 500 });
  await download(path, { url, size: 5, etag: '"e1"' });
  expect(await isStored(path)).toBe(true);
  await expect(download(path, { url, size: 5, etag: '"e2"' })).rejects.toThrow(
    new DownloadError("https://a.test/x.bin cannot be fetched (HTTP 500)"),
  );
  // The old one stays until the new one is whole.
  expect(readFileSync(path, "utf8")).toBe("hello");
});

test("a file that lost its end is not stored", async () => {
  const path = join(folder, "x.bin");
  answer("hello");
  await download(path, { url, size: 5, etag: "e" });
  writeFileSync(path, "hell");
  expect(await isStored(path)).toBe(false);
});

/** Answers with what is asked for, but cuts each answer after 4 bytes; the ranges that were asked for. */
function serveInBites(content: string, etag: string): (string | undefined)[] {
  const ranges: (string | undefined)[] = [];
  vi.stubGlobal("fetch", async (_: URL, { headers }: { headers: Record<string, string> }) => {
    ranges.push(headers["range"]);
    const from = Number(/\d+/.exec(headers["range"] ?? "0")![0]);
    const rest = content.slice(from);
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulls++ === 0) controller.enqueue(new TextEncoder().encode(rest.slice(0, 4)));
        else if (rest.length <= 4) controller.close();
        else controller.error(new Error("cut"));
      },
    });
    const partial = headers["range"] !== undefined && (headers["if-range"] ?? etag) === etag;
    return new Response(
      body,
      partial
        ? { status: 206, headers: { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } }
        : {},
    );
  });
  return ranges;
}

test("goes on where it was cut, within a call and in the next one", async () => {
  const path = join(folder, "x.bin");
  const content = "0123456789abcdefghijklmnop";
  const ranges = serveInBites(content, '"e"');
  await expect(download(path, { url, size: content.length, etag: '"e"' })).rejects.toThrow(
    new DownloadError("https://a.test/x.bin was cut 5 times, at byte 20 of 26; the next run goes on from there"),
  );
  expect(ranges).toEqual([undefined, "bytes=4-", "bytes=8-", "bytes=12-", "bytes=16-"]);
  await download(path, { url, size: content.length, etag: '"e"' });
  expect(ranges.slice(5)).toEqual(["bytes=20-", "bytes=24-"]);
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("a server that gives the whole where a part was asked for begins anew", async () => {
  const path = join(folder, "x.bin");
  writeFileSync(`${path}.part`, "XXXX");
  writeFileSync(`${path}.part.json`, JSON.stringify({ etag: "e", size: 5 }));
  answer("hello");
  await download(path, { url, size: 5, etag: "e" });
  expect(readFileSync(path, "utf8")).toBe("hello");
});

test("a server that sends more than it said is stopped", async () => {
  answer("hello and more");
  await expect(download(join(folder, "x.bin"), { url, size: 5, etag: "e" })).rejects.toThrow(
    new DownloadError("https://a.test/x.bin sends more than the 5 bytes that it said it has"),
  );
  expect(existsSync(join(folder, "x.bin"))).toBe(false);
});

test("a place that cannot be written is named in one sentence", async () => {
  writeFileSync(join(folder, "file"), "");
  answer("hello");
  await expect(download(join(folder, "file", "x.bin"), { url, size: 5, etag: "e" })).rejects.toThrow(
    /^.*file.* cannot be written \(.*\)$/,
  );
});

test.skipIf(!existsSync("/dev/full"))("a full disk is one sentence", async () => {
  const { symlinkSync } = await import("node:fs");
  symlinkSync("/dev/full", join(folder, "x.bin.part"));
  writeFileSync(join(folder, "x.bin.part.json"), JSON.stringify({ etag: "e", size: 5 }));
  answer("hello");
  const path = join(folder, "x.bin");
  await expect(download(path, { url, size: 5, etag: "e" })).rejects.toThrow(
    new DownloadError(`the disk is full: ${path}.part needs more space`),
  );
});
