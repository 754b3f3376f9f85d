/**
 * Where the sources and the package have the built-in model's folder. In a variable: bundlers would take the URL for a
 * file of the page.
 */
const here = import.meta.url;

/**
 * The built-in model's files by name, where the package was built: as a module, since no bundler takes a folder along.
 * Null in the sources, whose `builtinUrl` has them.
 */
export async function builtinFiles(): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const { BUILTIN_FILES } = await import("./builtin-files.ts");
  if (BUILTIN_FILES === null) return null;
  return new Map(Object.entries(BUILTIN_FILES).map(([name, base64]) => [name, decodeBase64(base64)]));
}

/** The folder that the files are in, beside the sources. */
export function builtinUrl(): URL {
  return new URL("../../models/builtin/", here);
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
