import { InvalidModelError } from "./errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object in a file's bytes. Throws `InvalidModelError` that names the file. */
export function parseJsonObject(bytes: Uint8Array, file: string): JsonObject {
  return parseJsonText(decodeUtf8(bytes, file), file);
}

/**
 * As `parseJsonObject`, but refuses what `JSON.parse` passes over: a key that is there twice, of which it keeps the
 * last.
 */
export function parseStrictJsonObject(bytes: Uint8Array, file: string): JsonObject {
  const text = decodeUtf8(bytes, file);
  const object = parseJsonText(text, file);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null) throw new InvalidModelError(`${file}: ${duplicate} is there twice`);
  return object;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Longest excerpt of a foreign value in a message: about a line of a terminal. */
const MAX_EXCERPT = 80;

/** A value for a message: `got -1`, cut where it is long, or `it is missing`. */
export function describe(value: unknown): string {
  return value === undefined ? "it is missing" : `got ${excerpt(value)}`;
}

/** A value as JSON, cut where it is long. */
export function excerpt(value: unknown): string {
  const text = stringify(value);
  return text.length <= MAX_EXCERPT ? text : `${text.slice(0, MAX_EXCERPT)}…`;
}

/** `JSON.parse` has no limit of depth, `JSON.stringify` has. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return "a value too deep to print";
  }
}

/** Text of a file. Throws `InvalidModelError` that names the file. */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidModelError(`${file}: not valid UTF-8`, { cause });
  }
}

function parseJsonText(text: string, file: string): JsonObject {
  const value = parse(text, file);
  if (!isObject(value)) throw new InvalidModelError(`${file}: must be a JSON object, ${describe(value)}`);
  return value;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidModelError(`${file}: not valid JSON (${(cause as Error).message})`, { cause });
  }
}

/**
 * Depth down to which keys are compared: names, and the fields of what they name. A set a level, however deep a file
 * nests.
 */
const MAX_KEY_DEPTH = 2;

/** First key that an object of this valid JSON text holds twice, as it is written there, or null. */
function findDuplicateKey(text: string): string | null {
  const keys = Array.from({ length: MAX_KEY_DEPTH + 1 }, () => new Set<string>());
  let depth = 0;
  let string = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{" || character === "[") keys[++depth]?.clear();
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      string = readString(text, i);
      i += string.length - 1;
    } else if (character === ":" && depth <= MAX_KEY_DEPTH) {
      const key = JSON.parse(string) as string;
      if (keys[depth].has(key)) return string;
      keys[depth].add(key);
    }
  }
  return null;
}

/** The string literal that begins here, with its quotes. */
function readString(text: string, begin: number): string {
  let end = begin + 1;
  while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return text.slice(begin, end + 1);
}
