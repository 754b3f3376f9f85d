import { ApiError } from "./openai/api-error.ts";
import type { ServerLimits } from "./limits.ts";

/** The JSON value of a request's body. Throws `ApiError`: 400, 408, 413 or 415. */
export async function readJson(request: Request, limits: ServerLimits): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    // Browsers send other types to any server without asking it first.
    throw new ApiError(415, `the body's content-type must be application/json, got ${JSON.stringify(type)}`);
  }
  const text = decode(await readBytes(request, limits));
  assertShallow(text, limits.jsonDepth);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiError(400, `the body is not JSON (${(error as Error).message})`, { code: "invalid_json" });
  }
}

async function readBytes(request: Request, { bodyBytes, bodySeconds }: ServerLimits): Promise<Uint8Array[]> {
  const tooLarge = new ApiError(413, `the body has more than ${bodyBytes} bytes`, { code: "body_too_large" });
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytes) throw tooLarge;
  const reader = request.body?.getReader();
  if (reader === undefined) throw new ApiError(400, "the body is missing", { code: "invalid_json" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ApiError(408, `the body did not come within ${bodySeconds} seconds`, { code: "timeout" });
    timer = setTimeout(() => reject(error), 1000 * bodySeconds);
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return chunks;
      length += value.length;
      if (length > bodyBytes) throw tooLarge;
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  } catch {
    throw new ApiError(400, "the body is not UTF-8 text", { code: "invalid_json" });
  }
}

/** Brackets outside of strings tell the depth before anything recurses into the value. */
function assertShallow(text: string, limit: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) i = endOfString(text, i);
    else if (character === OPEN_OBJECT || character === OPEN_ARRAY) {
      if (++depth > limit) {
        throw new ApiError(400, `the body nests deeper than ${limit} levels`, { code: "invalid_json" });
      }
    } else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) depth--;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the string that begins at `begin` has its closing quote, or the text's end. */
function endOfString(text: string, begin: number): number {
  for (let i = begin + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === BACKSLASH) i++;
    else if (character === QUOTE) return i;
  }
  return text.length;
}
