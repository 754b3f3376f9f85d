import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { builtinFiles, builtinUrl } from "./builtin.ts";
import { type ByteSource, bytesSource } from "./byte-source.ts";
import { openGguf } from "./gguf/load.ts";
import { isHubName, parseHubName } from "./hub/hub-name.ts";
import { type LoadedModel, type OpenedModel, openModelFromFiles, readOpened } from "./load.ts";
import type { LoadOptions } from "./options.ts";

/**
 * Opens the model whose files lie under a URL, the GGUF file at a URL, or with "builtin" the one that ships with the
 * package:
 * `openModel` where there is no file system. A relative URL is relative to the page.
 *
 * Throws `InvalidModelError` or `UnsupportedModelError` that names the URL.
 */
export async function openModel(url: string, options: LoadOptions = {}): Promise<OpenedModel> {
  const { signal } = options;
  const builtin = url === "builtin" ? await builtinFiles() : null;
  if (builtin !== null) {
    return openModelFromFiles("builtin", (file) => Promise.resolve(builtin.get(file) ?? null), options);
  }
  const base = url === "builtin" ? builtinUrl() : resolveBase(url);
  const parts = base.pathname.split("/");
  if (isGguf(base)) {
    return named(base, async () =>
      openGguf(await openNeeded(base, signal), decodeURIComponent(parts.at(-1)!), options),
    );
  }
  const name = decodeURIComponent(parts.at(-2) || base.host);
  return named(base, () => openModelFromFiles(name, (file) => fetchFile(new URL(file, base), signal), options));
}

/** Opens the model and reads it into memory. */
export async function loadModel(url: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const opened = await openModel(url, options);
  return named(url, () => readOpened(opened));
}

/** Errors of the model get the URL; errors of a fetch have it already. */
async function named<T>(url: URL | string, work: () => Promise<T>): Promise<T> {
  const place = String(url);
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.message.includes(place)) throw error;
    if (error instanceof InvalidModelError) {
      throw new InvalidModelError(`${place}: ${error.message}`, { cause: error.cause });
    }
    if (error instanceof UnsupportedModelError) throw new UnsupportedModelError(`${place}: ${error.message}`);
    throw error;
  }
}

function isGguf(url: URL): boolean {
  return /\.gguf$/i.test(url.pathname);
}

/** Where the Hub has its files for pages, which it lets any page read. */
const HUB = "https://huggingface.co";

function resolveBase(source: string): URL {
  const url = isHubName(source) ? hubUrl(source) : source;
  const page = (globalThis as { location?: { href: string } }).location?.href;
  if (!URL.canParse(url, page)) throw new InvalidModelError(`model ${JSON.stringify(url)} is not a URL`);
  const base = new URL(url, page);
  if (!isGguf(base) && !base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

function hubUrl(source: string): string {
  const { repo, revision, file } = parseHubName(source);
  return `${HUB}/${repo}/resolve/${encodeURIComponent(revision)}/${file ?? ""}`;
}

async function openNeeded(url: URL, signal: AbortSignal | undefined): Promise<ByteSource> {
  const source = await fetchFile(url, signal);
  if (source === null) throw new InvalidModelError(`${url.href} is not there`);
  return source;
}

/** Statuses of a file that is not there; some stores say "forbidden" where a name does not exist. */
const ABSENT = new Set([403, 404, 410]);

/**
 * The file's bytes, or null where the server says that there is none or answers with a page of HTML. Weights are read
 * in ranges where the server can, so that a model is not in memory twice.
 */
async function fetchFile(url: URL, signal: AbortSignal | undefined): Promise<ByteSource | null> {
  const isWeights = isGguf(url) || url.pathname.endsWith(".safetensors");
  const response = await request(url, signal, isWeights ? "bytes=0-0" : undefined);
  if (ABSENT.has(response.status) || (response.ok && isPage(response))) return null;
  const size = response.status === 206 ? totalSize(response) : null;
  if (size === null) return bytesSource(await bodyOf(response, url));
  await response.body?.cancel();
  return { size, read: (at, length) => readRange(url, at, length, signal) };
}

function isPage(response: Response): boolean {
  return /^text\/html\b/i.test(response.headers.get("content-type") ?? "");
}

/** The size in `Content-Range: bytes 0-0/1234`, or null where it is not told. */
function totalSize(response: Response): number | null {
  const size = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return size === undefined ? null : Number(size);
}

async function readRange(url: URL, at: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const response = await request(url, signal, `bytes=${at}-${at + length - 1}`);
  const bytes = await bodyOf(response, url);
  if (response.status === 206 && bytes.length === length) return bytes;
  throw new InvalidModelError(
    `${url.href}: bytes ${at} to ${at + length} came as ${bytes.length} bytes (HTTP ${response.status})`,
  );
}

async function request(url: URL, signal: AbortSignal | undefined, range: string | undefined): Promise<Response> {
  try {
    const response = await fetch(url, { signal, headers: range === undefined ? {} : { range } });
    if (response.ok || ABSENT.has(response.status)) return response;
    throw new InvalidModelError(`${url.href} cannot be fetched (HTTP ${response.status})`);
  } catch (error) {
    throw asFetchError(error, url, signal);
  }
}

async function bodyOf(response: Response, url: URL): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw asFetchError(error, url, undefined);
  }
}

/** A cut connection names the URL; an abort stays what it is. */
function asFetchError(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true || error instanceof InvalidModelError || (error as Error).name === "AbortError") {
    return error;
  }
  const { message, cause } = error as Error;
  // Node's fetch says "fetch failed" and has the reason in its cause.
  const reason = cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
  return new InvalidModelError(`${url.href} cannot be fetched (${reason})`, { cause: error });
}
