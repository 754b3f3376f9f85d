import { open, stat, type FileHandle } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidModelError, UnsupportedModelError } from "../errors.ts";
import { allocateBytes, type ByteSource } from "./byte-source.ts";
import { openGguf } from "./gguf/load.ts";
import { isHubName } from "./hub/hub-name.ts";
import { type LoadedModel, type OpenedModel, openModelFromFiles, readOpened } from "./load.ts";
import type { LoadOptions } from "./options.ts";

/** Bytes a read: below the 2^31 - 1 that Linux gives at most in one. */
const MAX_READ_BYTES = 2 ** 30;

/** Folder of the model that ships with the package: from the sources and from the build alike it is two levels up. */
export function builtinModelFolder(): string {
  return fileURLToPath(new URL("../../models/builtin", import.meta.url));
}

/**
 * Opens the model in a folder or in a GGUF file, or with "builtin" the one that ships with the package ("./builtin" is
 * a folder). `openModel` of load-model.ts comes here for everything that is not a URL.
 *
 * Throws `InvalidModelError` or `UnsupportedModelError`, which name the folder or the file, or `OutOfMemoryError`.
 */
export async function openModel(place: string, options: LoadOptions = {}): Promise<OpenedModel> {
  if (isHubName(place)) {
    return openModel(
      await (
        await import("./hub/hub.ts")
      ).fetchFromHub(place, { signal: options.signal, onProgress: options.onDownload }),
      options,
    );
  }
  const path = place === "builtin" ? builtinModelFolder() : resolve(place);
  const isFolder = await checkPlace(place, path);
  return named(place, () =>
    isFolder
      ? openModelFromFiles(basename(path), (name) => openFile(join(path, name), name), options)
      : openGgufFile(path, options),
  );
}

/** Opens the model and reads it into memory. */
export async function loadModel(place: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const opened = await openModel(place, options);
  return named(place, () => readOpened(opened));
}

/** Errors of the model say where it is. */
async function named<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidModelError) {
      throw new InvalidModelError(`${place}: ${error.message}`, { cause: error.cause });
    }
    if (error instanceof UnsupportedModelError) throw new UnsupportedModelError(`${place}: ${error.message}`);
    throw error;
  }
}

async function openGgufFile(path: string, options: LoadOptions): Promise<OpenedModel> {
  const name = basename(path);
  return openGguf((await openFile(path, name))!, name, options);
}

/** Whether the model is a folder; a file has to be there too. */
async function checkPlace(place: string, path: string): Promise<boolean> {
  if (place === "") throw new InvalidModelError("the name of the model folder is empty");
  const found = await statOrNull(path, place);
  if (found === null) {
    throw new InvalidModelError(`model folder ${JSON.stringify(place)} does not exist (looked for ${path})`);
  }
  if (found.isDirectory()) return true;
  if (found.isFile() && /\.gguf$/i.test(path)) return false;
  throw new InvalidModelError(
    `model ${JSON.stringify(place)} is neither a folder nor a .gguf file (looked at ${path})`,
  );
}

/** The file's bytes where they are, or null where there is no such file. */
async function openFile(path: string, name: string): Promise<ByteSource | null> {
  const found = await statOrNull(path, name);
  if (found === null) return null;
  if (!found.isFile()) throw new InvalidModelError(`${name} is not a file`);
  return new FileSource(await orUnreadable(open(path), name), Number(found.size), name);
}

class FileSource implements ByteSource {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #name: string;
  #isClosed = false;

  constructor(file: FileHandle, size: number, name: string) {
    this.#file = file;
    this.size = size;
    this.#name = name;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const bytes = allocateBytes(length, this.#name);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await orUnreadable(
        this.#file.read(bytes, done, Math.min(MAX_READ_BYTES, length - done), at + done),
        this.#name,
      );
      if (bytesRead === 0) {
        throw new InvalidModelError(`${this.#name} ended at byte ${at + done} of ${this.size} while it was read`);
      }
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
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
