import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DownloadError } from "../../errors.ts";
import { carefulFetch, shownUrl, type CarefulOptions } from "./careful-fetch.ts";

/** What is known of a file before it is downloaded. */
export interface RemoteFile {
  readonly url: URL;
  /** Bytes. */
  readonly size: number;
  /** As the server writes it. */
  readonly etag: string;
}

/** Bytes of one file so far, and how many it has. */
export type OnProgress = (file: string, done: number, total: number) => void;

export interface DownloadOptions extends Pick<CarefulOptions, "signal" | "token"> {
  readonly onProgress?: OnProgress;
}

/** Tries of one file, each of which goes on where the last one was cut. */
const MAX_TRIES = 5;

/** SHA-256 of a large file, SHA-1 of a git blob for a small one: what the Hub gives for an ETag. */
const SHA256 = /^[0-9a-f]{64}$/;
const SHA1 = /^[0-9a-f]{40}$/;

/**
 * Downloads a file to a path, unless it is there already with this ETag. It is written beside and renamed once it is
 * whole and, where the ETag is a hash, checked: a reader never sees half of it. A cut connection is taken up again
 * where it ended, within this call or the next one.
 *
 * Throws `DownloadError`, which names the URL or the full disk.
 */
export async function download(path: string, file: RemoteFile, options: DownloadOptions = {}): Promise<void> {
  if (await isStored(path, file)) return;
  const part = `${path}.part`;
  await orDiskError(path, mkdir(dirname(path), { recursive: true }));
  const wanted = JSON.stringify({ etag: file.etag, size: file.size });
  if ((await readOrNull(`${part}.json`)) !== wanted) {
    await rm(part, { force: true });
    await orDiskError(path, writeFile(`${part}.json`, wanted));
  }
  for (let tries = 1; !(await fetchRest(part, file, options)); tries++) {
    if (tries < MAX_TRIES) continue;
    throw new DownloadError(
      `${shownUrl(file.url)} was cut ${MAX_TRIES} times, at byte ${await sizeOf(part)} of ${file.size}; ` +
        "the next run goes on from there",
    );
  }
  await checkHash(part, file);
  await rename(part, path);
  await rename(`${part}.json`, metaPath(path));
}

/** Whether the file is there, whole; with a remote file to compare with, the same as that. */
export async function isStored(path: string, file?: Pick<RemoteFile, "etag" | "size">): Promise<boolean> {
  const meta = await readOrNull(metaPath(path));
  if (meta === null) return false;
  const { etag, size } = JSON.parse(meta) as RemoteFile;
  return (await sizeOf(path)) === size && (file === undefined || (file.etag === etag && file.size === size));
}

function metaPath(path: string): string {
  return join(dirname(path), `.${path.slice(dirname(path).length + 1)}.json`);
}

/** Appends what is missing; false where the connection was cut before the end. */
async function fetchRest(part: string, { url, size, etag }: RemoteFile, options: DownloadOptions): Promise<boolean> {
  const have = await sizeOf(part);
  if (have === size) return true;
  const resumes = have > 0 && have < size;
  // Where the whole is checked by its hash, a server behind a redirect may have an ETag of its own.
  const condition: Record<string, string> = hashOf(etag, size) === null ? { "if-range": quoted(etag) } : {};
  const headers: Record<string, string> = resumes ? { range: `bytes=${have}-`, ...condition } : {};
  const response = await carefulFetch(url, { ...options, headers: { ...headers, "accept-encoding": "identity" } });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new DownloadError(`${shownUrl(url)} cannot be fetched (HTTP ${response.status})`);
  }
  const goesOn =
    response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true;
  const handle = await orDiskError(part, open(part, goesOn ? "a" : "w"));
  try {
    return await writeBody(handle, response.body, { part, url, size, from: goesOn ? have : 0, options });
  } finally {
    await handle.close();
  }
}

interface Writing {
  readonly part: string;
  readonly url: URL;
  readonly size: number;
  readonly from: number;
  readonly options: DownloadOptions;
}

async function writeBody(
  handle: FileHandle,
  body: ReadableStream<Uint8Array>,
  { part, url, size, from, options }: Writing,
): Promise<boolean> {
  let done = from;
  const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  const reader = body.getReader();
  for (;;) {
    const chunk = await reader.read().catch(() => null);
    options.signal?.throwIfAborted();
    if (chunk === null || chunk.done) break;
    done += chunk.value.length;
    if (done > size) {
      await reader.cancel();
      throw new DownloadError(`${shownUrl(url)} sends more than the ${size} bytes that it said it has`);
    }
    await orDiskError(part, handle.writeFile(chunk.value));
    options.onProgress?.(name, done, size);
  }
  await orDiskError(part, handle.sync());
  return done === size;
}

/** A file that is not what its hash says is deleted: going on from it could never end well. */
async function checkHash(part: string, { url, size, etag }: RemoteFile): Promise<void> {
  const wanted = plainEtag(etag);
  const hash = hashOf(etag, size);
  if (hash === null || (await hashFile(part, hash)) === wanted) return;
  await rm(part, { force: true });
  throw new DownloadError(`${shownUrl(url)} is damaged: its hash is not ${wanted}; it was deleted`);
}

function hashOf(etag: string, size: number): Hash | null {
  const plain = plainEtag(etag);
  if (SHA256.test(plain)) return createHash("sha256");
  return SHA1.test(plain) ? createHash("sha1").update(`blob ${size}\0`) : null;
}

async function hashFile(path: string, hash: Hash): Promise<string> {
  const handle = await open(path);
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array);
  } finally {
    await handle.close();
  }
  return hash.digest("hex");
}

/** Without quotes and the mark of a weak one. */
function plainEtag(etag: string): string {
  return etag.replace(/^W\//, "").replaceAll('"', "");
}

function quoted(etag: string): string {
  return etag.includes('"') ? etag : `"${etag}"`;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

async function orDiskError<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DownloadError(
      code === "ENOSPC" ? `the disk is full: ${path} needs more space` : `${path} cannot be written (${message})`,
      { cause },
    );
  }
}
