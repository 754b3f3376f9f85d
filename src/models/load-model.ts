import type { LoadedModel } from "./load.ts";

const HTTP = /^https?:/;

/**
 * Loads a model by the folder or the http(s) URL that its files lie under, or with "builtin" the one that ships with the
 * package. Where this module itself came over HTTP, as in a browser, a relative path is relative to the page.
 *
 * node.ts is loaded only where it is used; package.json tells bundlers for browsers to take fetch.ts in its place.
 */
export async function loadModel(source: string): Promise<LoadedModel> {
  const overHttp = HTTP.test(source) || HTTP.test(import.meta.url);
  const { loadModel: load } = overHttp ? await import("./fetch.ts") : await import("./node.ts");
  return load(source);
}
