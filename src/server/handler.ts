import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { DisposedError, InvalidOptionError, WorkerLostError } from "../errors.ts";
import { Exchange } from "./exchange.ts";
import { KeyRing, rateLimited } from "./keys.ts";
import { limitsOf } from "./limits.ts";
import { ApiError, apiErrorOf, errorBody } from "./openai/api-error.ts";
import type { HandlerOptions } from "./options.ts";
import { routesOf } from "./routes.ts";

/** Answers requests of OpenAI's API. */
export interface Handler {
  (request: Request): Promise<Response>;
  /**
   * Takes nothing new from now on: `/health` and every route that needs the engine answer 503. Resolves when all
   * requests have ended; requests that still run when the signal aborts end with a 503.
   */
  drain(signal?: AbortSignal): Promise<void>;
}

/** Hono's variables. */
interface Env {
  Variables: { exchange: Exchange };
}

/** Routes that need no key, and that answer while the server drains. */
const OPEN_PATHS = new Set(["/health", "/ping"]);

/**
 * A handler of web-standard requests, which mounts in Node, Deno, Bun, workers and any framework. Throws
 * `InvalidOptionError`.
 */
export function createHandler(options: HandlerOptions): Handler {
  const server = new Server(options);
  return Object.assign((request: Request) => server.answer(request), {
    drain: (signal?: AbortSignal) => server.drain(signal),
  });
}

class Server {
  readonly #options: HandlerOptions;
  readonly #keys: KeyRing | null;
  readonly #app: Hono<Env>;
  readonly #active = new Set<Exchange>();
  /** Why nothing new is taken; null while all is well. */
  #closed: "draining" | "failed" | null = null;
  #onIdle = (): void => {};

  constructor(options: HandlerOptions) {
    this.#options = options;
    if (options.keys?.length === 0) throw new InvalidOptionError("keys is empty: leave it out to let anyone ask");
    this.#keys = options.keys === undefined ? null : new KeyRing(options.keys, () => performance.now() / 1000);
    this.#app = this.#routes();
  }

  async answer(request: Request): Promise<Response> {
    return this.#app.fetch(request);
  }

  async drain(signal?: AbortSignal): Promise<void> {
    this.#closed ??= "draining";
    const cut = (): void => {
      for (const exchange of this.#active) exchange.abort(new ApiError(503, "the server is shutting down"));
    };
    if (signal?.aborted === true) cut();
    signal?.addEventListener("abort", cut, { once: true });
    while (this.#active.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    signal?.removeEventListener("abort", cut);
  }

  #routes(): Hono<Env> {
    const app = new Hono<Env>();
    const { corsOrigins = [], engine, model, limits, metrics, spans, version = "0" } = this.#options;
    if (corsOrigins.length > 0) app.use(cors({ origin: corsOrigins.includes("*") ? "*" : [...corsOrigins] }));
    app.use(this.#follow, this.#admit);
    const routes = routesOf(
      { engine, model, limits: limitsOf(limits), metrics, spans },
      { version, isOpen: () => this.#closed === null, load: () => this.#active.size - 1 },
    );
    for (const { path, method, answer } of routes) {
      app.on(method, path, (context) => answer(context.var.exchange));
      app.all(path, () => {
        throw new ApiError(405, `${path} takes ${method}`, { code: "method_not_allowed" });
      });
    }
    app.notFound((context) => refusal(context, new ApiError(404, `there is no ${context.req.path}`)));
    app.onError((thrown, context) => {
      // The engine ended by itself: it stopped at a broken law of its own.
      if (thrown instanceof DisposedError || thrown instanceof WorkerLostError) this.#closed ??= "failed";
      const error = apiErrorOf(thrown);
      if (error.status === 429 || error.status === 503) metrics?.noteRejection(error.code);
      return refusal(context, error);
    });
    return app;
  }

  /** Gives the request its id, and knows of it until the last byte. */
  readonly #follow: MiddlewareHandler<Env> = async (context, next) => {
    const exchange = new Exchange(context.req.raw, {
      log: this.#options.log,
      onEnd: () => {
        this.#active.delete(exchange);
        if (this.#active.size === 0) this.#onIdle();
      },
    });
    this.#active.add(exchange);
    context.set("exchange", exchange);
    await next();
    context.res.headers.set("x-request-id", exchange.id);
    if (exchange.streams) return;
    const error = context.error === undefined ? undefined : apiErrorOf(context.error);
    exchange.end(context.res.status, error, error?.status === 500 ? context.error : undefined);
  };

  /** Asks for the key, and takes the request from its limit. */
  readonly #admit: MiddlewareHandler<Env> = async (context, next) => {
    if (!OPEN_PATHS.has(context.req.path)) {
      if (this.#keys !== null) {
        const client = await this.#keys.clientOf(context.req.raw.headers);
        context.var.exchange.client = client;
        const wait = client.requests?.take(1) ?? 0;
        if (wait > 0) throw rateLimited("requests", client.requests!.perMinute, wait);
      }
      if (this.#closed !== null && context.req.method === "POST") {
        throw new ApiError(503, this.#closed === "draining" ? "the server is shutting down" : "the engine has failed");
      }
    }
    await next();
  };
}

/** An error as OpenAI's clients read it. */
function refusal(context: Context, error: ApiError): Response {
  if (error.retryAfter !== null) {
    context.header("retry-after", String(Math.ceil(error.retryAfter)));
    context.header("retry-after-ms", String(Math.ceil(1000 * error.retryAfter)));
  }
  // The client has left: its status is for logs, and no status of HTTP.
  if (error.status === 499) return context.body(null, 408);
  return context.json(errorBody(error), error.status as 400);
}
