import { InvalidModelError } from "../errors.ts";
import { builtinFiles, builtinUrl } from "./builtin.ts";
import { loadModelFromFiles, type LoadedModel } from "./load.ts";

/**
 * Loads the model whose files lie under a URL, or with "builtin" the one that ships with the package: `loadModel` where
 * there is no file system. A relative URL is relative to the page.
 *
 * Throws `InvalidModelError` or `UnsupportedModelError`.
 */
export async function loadModel(url: string): Promise<LoadedModel> {
  const builtin = url === "builtin" ? await builtinFiles() : null;
  if (builtin !== null) return loadModelFromFiles("builtin", (file) => Promise.resolve(builtin.get(file) ?? null));
  const base = url === "builtin" ? builtinUrl() : resolveBase(url);
  const name = base.pathname.split("/").at(-2) || base.host;
  return loadModelFromFiles(decodeURIComponent(name), (file) => fetchFile(new URL(file, base)));
}

function resolveBase(url: string): URL {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const slashed = url.endsWith("/") ? url : `${url}/`;
  if (!URL.canParse(slashed, page)) throw new InvalidModelError(`model ${JSON.stringify(url)} is not a URL`);
  return new URL(slashed, page);
}

/** Whole body, or null where the server says that there is none. */
async function fetchFile(url: URL): Promise<Uint8Array | null> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new InvalidModelError(`${url.href} cannot be fetched (${(cause as Error).message})`, { cause });
  });
  if (response.status === 404) return null;
  if (!response.ok) throw new InvalidModelError(`${url.href} cannot be fetched (HTTP ${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}
