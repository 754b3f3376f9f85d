/** A server on the loopback that has files by path, with ranges where it is told to, and that can break. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a path is answered where its bytes are not. */
export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

export class FileServer implements AsyncDisposable {
  /** By path without the first slash. */
  readonly files = new Map<string, Uint8Array | Answer>();
  /** "path" or "path bytes=0-0", in the order asked. */
  readonly seen: string[] = [];
  /** Answers ranges with 206. */
  ranges = true;
  /** The connection is cut after `bytes` of a body of the file at `path`. */
  cut: { readonly path: string; readonly bytes: number } | null = null;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url = "", headers: { range } }: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(url.slice(1));
    this.seen.push(range === undefined ? path : `${path} ${range}`);
    const file = this.files.get(path) ?? { status: 404 };
    if (file instanceof Uint8Array) return this.#send(path, file, { range: this.ranges ? range : undefined, response });
    response.writeHead(file.status, { "content-type": file.type ?? "text/plain" }).end(file.body ?? "");
  }

  #send(
    path: string,
    bytes: Uint8Array,
    { range, response }: { range: string | undefined; response: ServerResponse },
  ): void {
    const [, from = "0", to = String(bytes.length - 1)] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    const told = range === undefined ? {} : { "content-range": `bytes ${from}-${to}/${bytes.length}` };
    response.writeHead(range === undefined ? 200 : 206, { "content-length": part.length, ...told });
    const cut = this.cut?.path === path ? this.cut.bytes : Number.POSITIVE_INFINITY;
    if (part.length <= cut) response.end(part);
    else response.write(part.subarray(0, cut), () => response.socket?.destroy());
  }
}
