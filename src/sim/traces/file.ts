import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { pipeline, type Readable } from "node:stream";
import { TraceError } from "./trace-error.ts";

/**
 * The file's text in pieces, unpacked where its name ends in .gz. Iterating throws a `TraceError` where it cannot be
 * read.
 */
export async function* fileChunks(path: string): AsyncGenerator<string> {
  try {
    yield* open(path);
  } catch (error) {
    throw error instanceof TraceError
      ? error
      : new TraceError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function open(path: string): Readable {
  const file = createReadStream(path);
  const stream = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  stream.setEncoding("utf8");
  return stream;
}
