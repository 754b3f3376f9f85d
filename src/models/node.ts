import { open, stat, type FileHandle } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidModelError, OutOfMemoryError, UnsupportedModelError } from "../errors.ts";
import { isHubName } from "./hub/hub-name.ts";
import { loadModelFromFiles, type LoadedModel } from "./load.ts";

/** Bytes a read: below the 2^31 - 1 that Linux gives at most in one. */
const MAX_READ_BYTES = 2 ** 30;

/** Folder of the model that ships with the package: from the sources and from the build alike it is two levels up. */
export function builtinModelFolder(): string {
  return fileURLToPath(new URL("../../models/builtin", import.meta.url));
}

/**
 * Loads the model in a folder, or with "builtin" the one that ships with the package ("./builtin" is a folder). Each file
 * is read once, into one buffer that the weights are views of. `loadModel` of load-model.ts comes here for everything that
 * is not a URL.
 *
 * Throws `InvalidModelError` or `UnsupportedModelError`, which name the folder, or `OutOfMemoryError`.
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  if (isHubName(folder)) return loadModel(await (await import("./hub/hub.ts")).fetchFromHub(folder));
  const path = folder === "builtin" ? builtinModelFolder() : resolve(folder);
  await checkFolder(folder, path);
  try {
    return await loadModelFromFiles(basename(path), (name) => readModelFile(path, name));
  } catch (error) {
    if (error instanceof InvalidModelError) throw new InvalidModelError(`${folder}: ${error.message}`, { cause: error.cause });
    if (error instanceof UnsupportedModelError) throw new UnsupportedModelError(`${folder}: ${error.message}`);
    throw error;
  }
}

async function checkFolder(folder: string, path: string): Promise<void> {
  if (folder === "") throw new InvalidModelError("the name of the model folder is empty");
  const found = await statOrNull(path, folder);
  if (found === null) throw new InvalidModelError(`model folder ${JSON.stringify(folder)} does not exist (looked for ${path})`);
  if (!found.isDirectory()) throw new InvalidModelError(`model ${JSON.stringify(folder)} is not a folder (looked at ${path})`);
}

/** Whole contents in one buffer, or null where there is no such file. */
async function readModelFile(folder: string, name: string): Promise<Uint8Array | null> {
  const path = join(folder, name);
  const found = await statOrNull(path, name);
  if (found === null) return null;
  if (!found.isFile()) throw new InvalidModelError(`${name} is not a file`);
  const file = await orUnreadable(open(path), name);
  try {
    return await readWhole(file, Number(found.size), name);
  } finally {
    await file.close();
  }
}

async function readWhole(file: FileHandle, size: number, name: string): Promise<Uint8Array> {
  const bytes = allocate(size, name);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await orUnreadable(file.read(bytes, done, Math.min(MAX_READ_BYTES, size - done), done), name);
    if (bytesRead === 0) throw new InvalidModelError(`${name} ended at byte ${done} of ${size} while it was read`);
    done += bytesRead;
  }
  return bytes;
}

function allocate(size: number, name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new OutOfMemoryError(`no memory for ${name}: ${size} bytes`, { cause });
  }
}

async function statOrNull(path: string, name: string): Promise<Awaited<ReturnType<typeof stat>> | null> {
  return orUnreadable(
    stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
      throw error;
    }),
    name,
  );
}

async function orUnreadable<T>(work: Promise<T>, name: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new InvalidModelError(`${name} cannot be read (${(cause as Error).message})`, { cause });
  }
}
