import type { LoadedModel, OpenedModel } from "./load.ts";
import type { LoadOptions } from "./options.ts";

const HTTP = /^https?:/;

/**
 * Loads a model into memory: by a folder or a .gguf file, by the http(s) URL of either, or with "builtin" the one that
 * ships with the package. Where this module itself came over HTTP, as in a browser, a relative path is relative to the
 * page.
 *
 * Rejects with `InvalidModelError`, `UnsupportedModelError` or `OutOfMemoryError`, and with the signal's reason when it
 * is aborted.
 */
export async function loadModel(source: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return (await loaderFor(source)).loadModel(source, options);
}

/**
 * The same with the weights left in the files, for a backend that reads them one by one; close it when the backend is
 * made.
 */
export async function openModel(source: string, options: LoadOptions = {}): Promise<OpenedModel> {
  return (await loaderFor(source)).openModel(source, options);
}

/** node.ts is loaded only where it is used; package.json tells bundlers for browsers to take fetch.ts in its place. */
function loaderFor(source: string): Promise<typeof import("./fetch.ts")> {
  const overHttp = HTTP.test(source) || HTTP.test(import.meta.url);
  return overHttp ? import("./fetch.ts") : import("./node.ts");
}
