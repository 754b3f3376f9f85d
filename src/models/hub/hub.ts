import { readFile, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { BstarError, DownloadError, InvalidModelError, MissingPackageError } from "../../errors.ts";
import { carefulFetch, shownUrl } from "./careful-fetch.ts";
import { assertFileName, parseHubName, type HubName } from "./hub-name.ts";
import { download, isStored, type DownloadOptions, type OnProgress } from "./store.ts";

/** Where models of the Hub come from and go to. */
export interface HubOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Default: HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string;
  /** Sent to the endpoint alone. Default: HF_TOKEN. */
  readonly token?: string;
  /** Folder of the store. Default: BSTAR_CACHE, else bstar in XDG_CACHE_HOME or ~/.cache. */
  readonly cache?: string;
  /** Ask no server. Default: whether HF_HUB_OFFLINE is 1. */
  readonly offline?: boolean;
}

/** Files that a safetensors model may have beside its weights. */
const SMALL_FILES: ReadonlySet<string> = new Set([
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "chat_template.json",
]);

/** Most files that a repository is looked through for, and shards of a model: the largest that is published has 191. */
const MAX_FILES = 10_000;
const MAX_SHARDS = 1000;

/**
 * Downloads a model of the Hub into the store, or finds it there, and returns the path of its folder or GGUF file.
 * Files that are there already are compared by ETag; where the Hub cannot be reached, they are taken as they are.
 *
 * Throws `InvalidModelError` for a name or a repository that is no model, `DownloadError`, and `MissingPackageError`
 * without the optional peer `@huggingface/hub`.
 */
export async function fetchFromHub(source: string, options: HubOptions = {}): Promise<string> {
  const name = parseHubName(source);
  const place = placeOf(options);
  const folder = join(place.cache, "models", name.repo.replace("/", "--"), name.revision.replaceAll("/", "--"));
  if (place.offline) {
    return storedModel(
      name,
      folder,
      new DownloadError(`${source} is not in the store, and HF_HUB_OFFLINE forbids to ask for it`),
    );
  }
  try {
    return await refresh(source, name, { ...place, folder, signal: options.signal, onProgress: options.onProgress });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return storedModel(name, folder, error.asDownloadError());
  }
}

interface Place {
  readonly endpoint: URL;
  readonly token: DownloadOptions["token"];
  readonly cache: string;
  readonly offline: boolean;
}

interface Session extends Place, Pick<DownloadOptions, "signal" | "onProgress"> {
  readonly folder: string;
}

function placeOf({ endpoint, token, cache, offline }: HubOptions): Place {
  const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, BSTAR_CACHE, XDG_CACHE_HOME } = process.env;
  const given = endpoint ?? HF_ENDPOINT ?? "https://huggingface.co";
  if (!URL.canParse(given)) throw new InvalidModelError(`HF_ENDPOINT ${JSON.stringify(given)} is no URL`);
  const url = new URL(given);
  const secret = token ?? HF_TOKEN ?? "";
  return {
    endpoint: url,
    token: secret === "" ? undefined : { origin: url.origin, value: secret },
    cache: cache ?? BSTAR_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bstar"),
    offline: offline ?? HF_HUB_OFFLINE === "1",
  };
}

async function refresh(source: string, { repo, revision, file }: HubName, session: Session): Promise<string> {
  const library = await openLibrary();
  const common = {
    repo: { type: "model" as const, name: repo },
    revision,
    hubUrl: session.endpoint.href.replace(/\/$/, ""),
  };
  const get = async (path: string, isOptional = false): Promise<string | null> => {
    assertFileName(path, source);
    // The Hub tells a large file's SHA-256 where it redirects; what it redirects to may have an ETag of its own.
    let linked: string | null = null;
    const fetch = fetchFor(session, (headers) => (linked ??= headers.get("x-linked-etag")));
    const info = await explained(source, library.fileDownloadInfo({ ...common, fetch, path }));
    if (info === null && isOptional) return null;
    if (info === null) throw new InvalidModelError(`${source} has no file ${path}`);
    const local = join(session.folder, path);
    await download(local, { url: new URL(info.url), size: info.size, etag: linked ?? info.etag }, session);
    return local;
  };
  if (file !== null) return (await get(file))!;
  const names: string[] = [];
  const listing = library.listFiles({ ...common, fetch: fetchFor(session) })[Symbol.asyncIterator]();
  for (
    let next = await explained(source, listing.next());
    next.done !== true && names.length < MAX_FILES;
    next = await explained(source, listing.next())
  ) {
    if (next.value.type === "file") names.push(next.value.path);
  }
  return getModel(source, names, { get, folder: session.folder });
}

interface Getting {
  readonly get: (path: string) => Promise<string | null>;
  readonly folder: string;
}

/** The safetensors model that the files are, or the one GGUF file among them. */
async function getModel(source: string, names: readonly string[], { get, folder }: Getting): Promise<string> {
  const index = "model.safetensors.index.json";
  const weights = ["model.safetensors", index].find((each) => names.includes(each));
  if (weights === undefined || !names.includes("config.json")) {
    const files = names.filter((each) => each.endsWith(".gguf"));
    if (files.length === 1) return (await get(files[0]))!;
    if (files.length === 0) {
      throw new InvalidModelError(
        `${source} is no model that bstar reads: it has neither model.safetensors with config.json nor a GGUF file`,
      );
    }
    throw new InvalidModelError(
      `${source} has ${files.length} GGUF files, choose one by ${source}:FILE: ${files.slice(0, 20).join(", ")}`,
    );
  }
  for (const each of names) if (SMALL_FILES.has(each)) await get(each);
  const local = (await get(weights))!;
  if (weights === index) for (const shard of await shardsOf(local, source)) await get(shard);
  return folder;
}

async function shardsOf(index: string, source: string): Promise<ReadonlySet<string>> {
  const { weight_map: map } = JSON.parse(await readFile(index, "utf8")) as { weight_map?: Record<string, string> };
  const shards = new Set(Object.values(map ?? {}));
  if (shards.size === 0 || shards.size > MAX_SHARDS) {
    throw new InvalidModelError(
      `${source}: model.safetensors.index.json names ${shards.size} files, expected 1 to ${MAX_SHARDS}`,
    );
  }
  return shards;
}

/** What is in the store of a model that cannot be asked for; throws `otherwise` where it is not all there. */
async function storedModel({ file }: HubName, folder: string, otherwise: DownloadError): Promise<string> {
  if (file !== null) {
    if (await isStored(join(folder, file))) return join(folder, file);
    throw otherwise;
  }
  const names = await readdir(folder).catch((): string[] => []);
  const get = async (path: string): Promise<string> => {
    if (await isStored(join(folder, path))) return join(folder, path);
    throw otherwise;
  };
  if (names.length === 0 || names.some((each) => each.endsWith(".part"))) throw otherwise;
  return getModel("the store", names, { get, folder });
}

interface Library {
  fileDownloadInfo(
    params: object,
  ): Promise<{ readonly url: string; readonly size: number; readonly etag: string } | null>;
  listFiles(params: object): AsyncIterable<{ readonly type: string; readonly path: string }>;
}

async function openLibrary(): Promise<Library> {
  try {
    const library: unknown = await import("@huggingface/hub");
    return library as Library;
  } catch (cause) {
    throw new MissingPackageError(
      "models by name (hf:org/name) need the package @huggingface/hub: npm install @huggingface/hub",
      { cause },
    );
  }
}

/** For the library: the token goes to the endpoint alone, by our rules, and what cannot be reached is told apart. */
function fetchFor({ token, signal }: Session, onHeaders?: (headers: Headers) => void): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    try {
      return await carefulFetch(url, {
        token,
        signal,
        onHeaders,
        headers: Object.fromEntries(new Headers(init?.headers)),
      });
    } catch (error) {
      throw error instanceof DownloadError ? new UnreachableError(error) : error;
    }
  };
}

/** Nothing answered: the store may do. */
class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(cause: DownloadError) {
    super(cause.message, { cause });
  }

  asDownloadError(): DownloadError {
    return this.cause as DownloadError;
  }
}

/** The library's errors in our words. */
async function explained<T>(source: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BstarError || error instanceof UnreachableError || (error as Error).name === "AbortError") {
      throw error;
    }
    const { statusCode, url, message } = error as Error & { statusCode?: number; url?: string };
    const where = url === undefined ? "" : ` (${shownUrl(new URL(url))})`;
    if (statusCode === 401 || statusCode === 403) {
      throw new DownloadError(
        `${source} may not be read (HTTP ${statusCode})${where}: it does not exist, ` +
          "or HF_TOKEN must belong to an account that may read it",
      );
    }
    if (statusCode === 404 || statusCode === 410) {
      throw new InvalidModelError(`${source} does not exist (HTTP ${statusCode})${where}`);
    }
    throw new DownloadError(
      `${source} cannot be fetched (${statusCode === undefined ? message : `HTTP ${statusCode}`})${where}`,
      { cause: error },
    );
  }
}
