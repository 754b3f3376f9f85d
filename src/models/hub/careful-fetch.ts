import { DownloadError } from "../../errors.ts";

/** Redirects that are followed: the Hub takes two. */
const MAX_REDIRECTS = 5;

export interface CarefulOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Sent to this origin and to no other, redirects included. */
  readonly token?: { readonly origin: string; readonly value: string };
  /** Called with the headers of each answer on the way, the last one included. */
  readonly onHeaders?: (headers: Headers) => void;
}

/**
 * `fetch` that follows redirects itself, so that a token never leaves its origin. Throws `DownloadError` with the URL
 * where nothing answers; an answer of any other status is returned.
 */
export async function carefulFetch(url: URL, options: CarefulOptions = {}): Promise<Response> {
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await ask(at, options);
    options.onHeaders?.(response.headers);
    const location = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    at = targetOf(location, at);
  }
  throw new DownloadError(`${shownUrl(url)} redirects more than ${MAX_REDIRECTS} times`);
}

async function ask(url: URL, { headers = {}, signal, token }: CarefulOptions): Promise<Response> {
  const secret: Record<string, string> =
    token !== undefined && url.origin === token.origin ? { authorization: `Bearer ${token.value}` } : {};
  try {
    return await fetch(url, { headers: { ...headers, ...secret }, redirect: "manual", signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new DownloadError(`${shownUrl(url)} cannot be reached (${reasonOf(cause)})`, { cause });
  }
}

function targetOf(location: string, from: URL): URL {
  const target = URL.canParse(location, from) ? new URL(location, from) : null;
  const safe = target !== null && (target.protocol === "https:" || target.protocol === from.protocol);
  if (!safe) {
    throw new DownloadError(
      `${shownUrl(from)} redirects to ${JSON.stringify(location.slice(0, 80))}, which is not followed`,
    );
  }
  return target;
}

/** A URL for people: without a password, and without a query, which may be a signature. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** `fetch` says "fetch failed", and why behind it. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
