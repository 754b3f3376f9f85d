import type { Client } from "./keys.ts";
import type { ServerLog } from "./log.ts";
import { ApiError, CLIENT_CLOSED_REQUEST } from "./openai/api-error.ts";
import type { TokenCounts } from "./openai/job.ts";

/** One request and its answer, from its arrival to the last byte. */
export class Exchange {
  readonly id: string;
  readonly request: Request;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #log: ServerLog | undefined;
  readonly #onEnd: (exchange: Exchange) => void;
  /** Whose key it came with; null where there are no keys, or before it was recognized. */
  client: Client | null = null;
  counts: TokenCounts | null = null;
  /** The answer is a stream, whose end is the exchange's end. */
  streams = false;
  #ended = false;
  readonly #leave = (): void => this.abort();

  constructor(request: Request, options: { log: ServerLog | undefined; onEnd: (exchange: Exchange) => void }) {
    this.id = requestIdOf(request);
    this.request = request;
    this.#log = options.log;
    this.#onEnd = options.onEnd;
    if (request.signal.aborted) this.abort();
    else request.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /** Aborted when the client leaves, and when the server stops waiting for it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends the work on the answer. Default reason: the client left. */
  abort(reason: ApiError = new ApiError(CLIENT_CLOSED_REQUEST, "the client left")): void {
    this.#abort.abort(reason);
  }

  /** The last byte was handed over, or there will be none. The first call counts. */
  end(status: number, error?: ApiError, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    // Node keeps the signal as long as the request, and a listener would keep the request.
    this.request.signal.removeEventListener("abort", this.#leave);
    this.#onEnd(this);
    const reason: unknown = this.signal.reason;
    const left = reason instanceof ApiError && reason.status === CLIENT_CLOSED_REQUEST;
    this.#log?.({
      requestId: this.id,
      method: this.request.method,
      path: new URL(this.request.url).pathname,
      status: left ? CLIENT_CLOSED_REQUEST : status,
      milliseconds: performance.now() - this.#startedAt,
      client: this.client?.name ?? null,
      ...(this.counts !== null && { promptTokens: this.counts.promptTokens, outputTokens: this.counts.outputTokens }),
      ...(error !== undefined && !left && { error: { code: error.code, param: error.param } }),
      ...(cause !== undefined && !left && { cause }),
    });
  }
}

/** Ids of clients are echoed and logged: printable, and no longer than a line. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}
