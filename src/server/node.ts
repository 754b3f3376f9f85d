import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { InvalidOptionError } from "../errors.ts";
import { withDefaults } from "../option-checks.ts";
import type { Handler } from "./handler.ts";

export { createMetrics, type MetricsOptions } from "./metrics.ts";
export { createSpans } from "./spans.ts";

/** Where a server listens, and what a connection may cost. */
export interface ListenOptions {
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Default 8000; 0 takes a free one. */
  readonly port?: number;
  /** Connections at a time; more are closed at once. Each takes some 50 KiB. Default 1,024. */
  readonly maxConnections?: number;
  /** Seconds in which the headers of a request must have come: slow ones hold a connection. Default 10. */
  readonly headerSeconds?: number;
  /** Seconds in which a whole request must have come. Default 60. */
  readonly requestSeconds?: number;
  /** Seconds between two requests of a connection: longer than the 60 of common balancers, which else lose a race. */
  readonly keepAliveSeconds?: number;
  /** Seconds without a byte in either direction: OpenAI's clients wait 600 for an answer. Default 600. */
  readonly idleSeconds?: number;
}

const DEFAULTS: Required<ListenOptions> = {
  host: "127.0.0.1",
  port: 8000,
  maxConnections: 1024,
  headerSeconds: 10,
  requestSeconds: 60,
  keepAliveSeconds: 75,
  idleSeconds: 600,
};

/** Milliseconds between two looks at connections that are too slow. */
const CHECK_INTERVAL = 1000;

/** A server that listens. */
export interface RunningServer {
  /** Such as "http://127.0.0.1:8000". */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connection and no new request; resolves when all requests have ended and all connections are closed.
   * When the signal aborts, what still runs is ended.
   */
  close(signal?: AbortSignal): Promise<void>;
}

/**
 * Serves a handler over HTTP in Node. Rejects where the address cannot be had, and with `InvalidOptionError`.
 */
export async function serve(handler: Handler, options: ListenOptions = {}): Promise<RunningServer> {
  const settings = settingsOf(options);
  // The process keeps its own Request and Response.
  const listener = getRequestListener(handler, { overrideGlobalObjects: false });
  const server = createServer(
    {
      connectionsCheckingInterval: CHECK_INTERVAL,
      headersTimeout: 1000 * settings.headerSeconds,
      requestTimeout: 1000 * settings.requestSeconds,
      keepAliveTimeout: 1000 * settings.keepAliveSeconds,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  server.maxConnections = settings.maxConnections;
  server.timeout = 1000 * settings.idleSeconds;
  const connections = new Connections(server);
  await listen(server, settings);
  const { port } = server.address() as AddressInfo;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return { url: `http://${host}:${port}`, port, close: (signal) => close(server, handler, { connections, signal }) };
}

function settingsOf(options: ListenOptions): Required<ListenOptions> {
  const settings = withDefaults(DEFAULTS, options);
  for (const name of [
    "maxConnections",
    "headerSeconds",
    "requestSeconds",
    "keepAliveSeconds",
    "idleSeconds",
  ] as const) {
    const value = settings[name];
    if (!(Number.isFinite(value) && value > 0)) throw new InvalidOptionError(`${name} must be above 0, got ${value}`);
  }
  return settings;
}

async function listen(server: HttpServer, { host, port }: Required<ListenOptions>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function close(
  server: HttpServer,
  handler: Handler,
  { connections, signal }: { connections: Connections; signal: AbortSignal | undefined },
): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  await handler.drain(signal);
  connections.finish();
  const cut = (): void => server.closeAllConnections();
  if (signal?.aborted === true) cut();
  else signal?.addEventListener("abort", cut, { once: true });
  await closed;
}

/** Which connections have an answer under way: Node's own list counts those that never sent a request, too. */
class Connections {
  readonly #open = new Set<Socket>();
  readonly #busy = new Set<Socket>();
  #isFinishing = false;

  constructor(server: HttpServer) {
    server.on("connection", (socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
    server.on("request", ({ socket }, response) => {
      this.#busy.add(socket);
      response.once("close", () => {
        this.#busy.delete(socket);
        if (this.#isFinishing) socket.destroySoon();
      });
    });
  }

  /** Closes those without an answer under way now, and the others behind its last byte. */
  finish(): void {
    this.#isFinishing = true;
    for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy();
  }
}
