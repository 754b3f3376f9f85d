/** A file of an archive; its bytes are a view into the archive's. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
/** Offsets of a header's fields (POSIX.1-1988 ustar). */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const REGULAR_FILE = new Set(["0", "\0"]);

/**
 * The regular files of a ustar archive, in order. Throws where a header's checksum is wrong or the archive is cut
 * short.
 */
export function readTar(archive: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    checkHeader(header);
    const size = octal(header, SIZE);
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + size);
    const name = text(header, NAME);
    if (bytes.length < size) throw new RangeError(`the archive ends inside ${name}`);
    if (REGULAR_FILE.has(String.fromCharCode(header[TYPE]))) entries.push({ name, bytes });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return entries;
}

/** The checksum is the sum of the header's bytes, its own field counted as spaces. */
function checkHeader(header: Uint8Array): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= CHECKSUM[0] && i < CHECKSUM[1] ? 0x20 : header[i];
  if (sum !== octal(header, CHECKSUM)) throw new RangeError("this is no tar archive: a header's checksum is wrong");
}

function octal(header: Uint8Array, field: readonly [number, number]): number {
  return Number.parseInt(text(header, field).trim(), 8);
}

function text(header: Uint8Array, [start, end]: readonly [number, number]): string {
  const field = header.subarray(start, end);
  const length = field.indexOf(0);
  return new TextDecoder().decode(length < 0 ? field : field.subarray(0, length));
}
