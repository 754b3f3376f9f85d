/** GPT-2's table (openai/gpt-2, src/encoder.py): printable bytes stand for themselves, the others for U+0100 and on. */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = buildTable();

/** Bytes behind a byte-level token, or null where a character of it stands for no byte. */
export function byteLevelBytes(token: string): Uint8Array | null {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_CHARACTER.get(token[i]);
    if (byte === undefined) return null;
    bytes[i] = byte;
  }
  return bytes;
}

function buildTable(): Map<string, number> {
  const table = new Map<string, number>();
  let shifted = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    table.set(String.fromCharCode(printable ? byte : shifted++), byte);
  }
  return table;
}

const CHARACTER_OF_BYTE: readonly string[] = [...BYTE_OF_CHARACTER.keys()];
const ENCODER = new TextEncoder();

/** Bytes that are written at a time: more arguments than this a call may not take everywhere. */
const STRETCH = 4096;

/** A text as a byte-level vocabulary writes it: a character for each byte of its UTF-8. */
export function encodeByteLevel(text: string): string {
  const bytes = ENCODER.encode(text);
  if (bytes.length <= STRETCH) return write(bytes);
  // Not one by one: a string of a million additions is slow to read.
  const stretches: string[] = [];
  for (let at = 0; at < bytes.length; at += STRETCH) stretches.push(write(bytes.subarray(at, at + STRETCH)));
  return stretches.join("");
}

function write(bytes: Uint8Array): string {
  let written = "";
  for (const byte of bytes) written += CHARACTER_OF_BYTE[byte];
  return written;
}
